import type { Redis } from "ioredis";
import { PIPELINE, type Stage } from "../pipeline/index.ts";
import { createBrake } from "./brake.ts";
import { createPace } from "./pace.ts";
import { backoffMs } from "./pause.ts";
import { queueName } from "./queue-names.ts";
import { telemetryOf } from "./queue-telemetry.ts";
import { brakeOnRefusals, isRedisRefusal } from "./redis-refusals.ts";
import { type RunOptions, runQueueJob } from "./run-queue-job.ts";
import { StageWorker } from "./stage-worker.ts";
import { createTurns } from "./suspects.ts";
import { watchAnswers } from "./watch-answers.ts";
import { watchFetching } from "./watch-fetching.ts";
import { workerMetrics } from "./worker-metrics.ts";
import { openWorkforceReports, type WorkforceReports } from "./workforce.ts";

export interface RunStageOptions<S extends Stage> extends RunOptions<S> {
  /** The model whose queue this is; `invoke` only. */
  modelId?: string;
  redis: Redis;
  prefix: string;
  /** Queue jobs in hand at once. */
  concurrency: number;
  /** How long a worker that is not heard of keeps its queue jobs; 30 s unless given. */
  lockMs?: number;
  /** How long the run loop may go without asking for a queue job while it has a free slot; 60 s unless given. */
  quietMs?: number;
  /** Bound of one run; the stage's own unless given. */
  runMs?: number;
}

export interface StageRunner {
  /** What is wrong with the run loop, or null; a restart would cure it. */
  problem: () => string | null;
  /** Takes nothing new and waits for what is in hand; after `timeoutMs` the rest is aborted. */
  drain: (timeoutMs: number) => Promise<void>;
}

const LOCK_MS = 30_000;
/** Six times what an idle worker waits for a queue job at most, and above the longest pause after an error. */
const QUIET_MS = 60_000;
/** More of them notice a dead worker sooner; each costs every worker one script in Redis. */
const STALL_CHECKS_PER_LOCK = 6;
/** What is left after an abort: a handler gets this long to write down what it knows. */
const ABORT_GRACE_MS = 2_000;
/** A run that has not ended so long after its time will not; its slot is lost until the process ends. */
const HUNG_MS = 30_000;

/**
 * Runs a stage: parses, times, calls the handler, hands on what it answers and waits for Redis to say so,
 * and only then completes the queue job. Errors become queue decisions here and nowhere else.
 */
export function runStage<S extends Stage>(options: RunStageOptions<S>): StageRunner {
  const name = queueName(options.stage, options.modelId);
  const reports = openWorkforceReports(options.redis, `${options.prefix}:${name}`, options.concurrency);
  const { worker, brake, pace, observed, cutOff } = brakedWorker(options, name, reports);
  let isDraining = false;
  // The last that a run does is to put its queue job back, for which it waits as long as Redis is away.
  const hungLimitMs = options.quietMs ?? HUNG_MS;
  const answers = watchAnswers(options.redis, hungLimitMs / 20);
  const quietFor = watchFetching({
    redis: options.redis,
    // A loop whose slots were all taken, or that was braked, had nothing to ask for, and the end of a run may
    // bring along the next.
    lastAskedAtMs: () => Math.max(worker.lastAskedAtMs, pace.lastEndedAtMs, brake.endsAtMs),
    isDue: () => pace.inHand < pace.concurrency,
    limitMs: options.quietMs ?? QUIET_MS,
  });
  return {
    problem() {
      if (isDraining) return null;
      if (!worker.isRunning() && !brake.isOn) return `the run loop of ${name} has ended`;
      const hungMs = performance.now() - pace.oldestStartedAtMs - runMsOf(options);
      if (hungMs <= hungLimitMs) answers.forget();
      else if (answers.look() >= hungLimitMs / 2) {
        return `a run of ${name} has not ended ${Math.round(hungMs / 1_000)} s after its time`;
      }
      const quietMs = quietFor();
      return quietMs === null ? null : `no fetch from ${name} for ${Math.round(quietMs / 1_000)} s`;
    },
    async drain(timeoutMs) {
      isDraining = true;
      reports.stop();
      observed.draining();
      brake.close();
      const closed = worker.close();
      const timer = setTimeout(cutOff, Math.max(0, timeoutMs - ABORT_GRACE_MS));
      await closed.finally(() => clearTimeout(timer));
    },
  };
}

function runMsOf<S extends Stage>({ stage, runMs }: RunStageOptions<S>): number {
  return runMs ?? PIPELINE[stage].timeoutMs;
}

function brakedWorker<S extends Stage>(options: RunStageOptions<S>, name: string, reports: WorkforceReports) {
  const { stage, log, lockMs = LOCK_MS, tracing } = options;
  const turns = createTurns();
  const observed = workerMetrics(options.metrics, options);
  let isCutOff = false;
  const worker = new StageWorker(
    name,
    async (job, token, signal) => {
      const paced = pace.started();
      observed.started();
      // It was fetched when the drain had begun, and a drain that is over waits for nobody.
      if (isCutOff) worker.cancelJob(job.id as string, "shutdown");
      // One timer: AbortSignal.any over AbortSignal.timeout does the same for more CPU and garbage.
      const timer = setTimeout(() => worker.cancelJob(job.id as string, "took too long"), runMsOf(options));
      try {
        // The library hands a signal to whatever takes three parameters.
        await runQueueJob(options, {
          ...{ job, token, signal: signal as AbortSignal, paced, turns },
          onUsed: reports.used,
          onRedisRefusal: refusals.refused,
        });
      } finally {
        clearTimeout(timer);
        paced.ended();
        observed.ended();
      }
    },
    {
      connection: options.redis,
      ...telemetryOf(tracing),
      prefix: options.prefix,
      concurrency: options.concurrency,
      // A call outlives an outage of Redis shorter than the lock; a dead worker is noticed after about
      // the lock's rest plus two stall checks (measured with 30 s and 5 s: 24 to 26 s).
      lockDuration: lockMs,
      stalledInterval: Math.ceil(lockMs / STALL_CHECKS_PER_LOCK),
      // Crashes are not attempts to BullMQ: rows and suspects count them, and end what crashes too often.
      maxStalledCount: 1_000,
      // The options of a queue job go with its hash: one that lost it must not keep its id from being used.
      removeOnComplete: { count: 0 },
      removeOnFail: { count: 0 },
      runRetryDelay: 1_000,
      settings: { backoffStrategy: (attempts: number) => backoffMs(attempts) },
    },
  );
  const brake = createBrake(worker);
  const refusals = brakeOnRefusals(brake);
  const pace = createPace({
    most: options.concurrency,
    brake,
    onChange: (concurrency) => worker.changeConcurrency(concurrency),
    // Only stage invoke asks the limits; what they refuse takes a slot for no time to speak of.
    onServed: reports.ran,
    isLimited: stage === "invoke",
  });
  let lastError = "";
  worker.on("error", (error) => {
    observed.failed();
    if (isRedisRefusal(error)) refusals.refused();
    if (error.message !== lastError) log.warn({ stage, queue: name, error }, "worker error");
    lastError = error.message;
  });
  worker.on("completed", refusals.succeeded);
  worker.on("stalled", observed.stalled);
  const cutOff = () => {
    isCutOff = true;
    worker.cancelAllJobs("shutdown");
  };
  return { worker, brake, pace, observed, cutOff };
}
