import { DelayedError, type Job, UnrecoverableError } from "bullmq";
import type { Redis } from "ioredis";
import { asSwitchyardError, SwitchyardError } from "../errors/index.ts";
import { failpoint } from "../lifecycle/index.ts";
import { type HandedOn, type MessageOf, PIPELINE, type Stage } from "../pipeline/index.ts";
import { type Logger, type Metrics, observeRun } from "../telemetry/index.ts";
import { queueName } from "./queue-names.ts";
import { StageWorker } from "./stage-worker.ts";
import type { Envelope, Summoner } from "./summons.ts";
import { watchFetching } from "./watch-fetching.ts";

export interface RunContext {
  /** Aborted when the run takes too long, or the drain has run out of time; not when a lock is lost. */
  signal: AbortSignal;
}

/** A function from a stage's message to the next stage's message; null when nothing is to be handed on. */
export type StageHandler<S extends Stage> = (
  message: MessageOf<S>,
  context: RunContext,
) => Promise<HandedOn<S> | null>;

export interface RunStageOptions<S extends Stage> {
  stage: S;
  /** The model whose queue this is; `invoke` only. */
  modelId?: string;
  redis: Redis;
  prefix: string;
  summoner: Summoner;
  handler: StageHandler<S>;
  /** Writes a job off: after this the job is due for settle. */
  onDeadLetter: (message: MessageOf<S>, error: SwitchyardError) => Promise<MessageOf<"settle"> | null>;
  /** Queue jobs in hand at once. */
  concurrency: number;
  /** How long a worker that is not heard of keeps its queue jobs; 30 s unless given. */
  lockMs?: number;
  /** How long the run loop may go without asking for a queue job while it has a free slot; 60 s unless given. */
  quietMs?: number;
  log: Logger;
  metrics: Metrics;
}

export interface StageRunner {
  /** What is wrong with the run loop, or null; a restart would cure it. */
  problem: () => string | null;
  /** Takes nothing new and waits for what is in hand; after `timeoutMs` the rest is aborted. */
  drain: (timeoutMs: number) => Promise<void>;
}

/** Longest pause between two runs of one summons. */
const MAX_BACKOFF_MS = 60_000;
const LOCK_MS = 30_000;
/** Six times what an idle worker waits for a queue job at most, and above the longest pause after an error. */
const QUIET_MS = 60_000;
/** More of them notice a dead worker sooner; each costs every worker one script in Redis. */
const STALL_CHECKS_PER_LOCK = 6;
/** What is left after an abort: a handler gets this long to write down what it knows. */
const ABORT_GRACE_MS = 2_000;

/**
 * Runs a stage: parses, times, calls the handler, hands on what it answers and waits for Redis to say so,
 * and only then completes the queue job. Errors become queue decisions here and nowhere else.
 */
export function runStage<S extends Stage>(options: RunStageOptions<S>): StageRunner {
  const { stage, log, lockMs = LOCK_MS } = options;
  const name = queueName(stage, options.modelId);
  const slots = { inHand: 0, lastFreedAtMs: 0 };
  const worker = new StageWorker(
    name,
    async (job, token, signal) => {
      slots.inHand += 1;
      // One timer: AbortSignal.any over AbortSignal.timeout does the same for more CPU and garbage.
      const timer = setTimeout(
        () => worker.cancelJob(job.id as string, "took too long"),
        PIPELINE[stage].timeoutMs,
      );
      try {
        // The library hands a signal to whatever takes three parameters.
        await runQueueJob(options, { job, token, signal: signal as AbortSignal });
      } finally {
        clearTimeout(timer);
        slots.inHand -= 1;
        slots.lastFreedAtMs = performance.now();
      }
    },
    {
      connection: options.redis,
      prefix: options.prefix,
      concurrency: options.concurrency,
      // A call outlives an outage of Redis shorter than the lock; a dead worker is noticed after about
      // the lock's rest plus two stall checks (measured with 30 s and 5 s: 24 to 26 s).
      lockDuration: lockMs,
      stalledInterval: Math.ceil(lockMs / STALL_CHECKS_PER_LOCK),
      // Crashes are not attempts to BullMQ; the rows count them, and end what crashes too often.
      maxStalledCount: 1_000,
      // The options of a queue job go with its hash: one that lost it must not keep its id from being used.
      removeOnComplete: { count: 0 },
      removeOnFail: { count: 0 },
      runRetryDelay: 1_000,
      settings: { backoffStrategy: (attempts: number) => backoffMs(attempts) },
    },
  );
  let lastError = "";
  worker.on("error", (error) => {
    if (error.message !== lastError) log.warn({ stage, queue: name, error }, "worker error");
    lastError = error.message;
  });
  let isDraining = false;
  const quietFor = watchFetching({
    redis: options.redis,
    // A loop whose slots were all taken had nothing to ask for, and the end of a run may bring along the next.
    lastAskedAtMs: () => Math.max(worker.lastAskedAtMs, slots.lastFreedAtMs),
    isDue: () => slots.inHand < options.concurrency && !worker.isPaused(),
    limitMs: options.quietMs ?? QUIET_MS,
  });
  return {
    problem() {
      if (isDraining) return null;
      if (!worker.isRunning()) return `the run loop of ${name} has ended`;
      const quietMs = quietFor();
      return quietMs === null ? null : `no fetch from ${name} for ${Math.round(quietMs / 1_000)} s`;
    },
    async drain(timeoutMs) {
      isDraining = true;
      const closed = worker.close();
      const timer = setTimeout(
        () => worker.cancelAllJobs("shutdown"),
        Math.max(0, timeoutMs - ABORT_GRACE_MS),
      );
      await closed.finally(() => clearTimeout(timer));
    },
  };
}

interface Taken {
  job: Job<Envelope>;
  token: string | undefined;
  signal: AbortSignal;
}

async function runQueueJob<S extends Stage>(options: RunStageOptions<S>, taken: Taken): Promise<void> {
  const messages = parseEnvelope(options.stage, taken.job);
  const waitMs = taken.job.processedOn === undefined ? 0 : taken.job.processedOn - taken.job.data.at;
  options.metrics.stageWaitSeconds.observe({ stage: options.stage }, Math.max(0, waitMs) / 1_000);
  const outcomes = await Promise.all(messages.map((message) => runOne(options, message, taken.signal)));
  const failed = outcomes.filter((outcome) => outcome !== null);
  if (failed.length > 0) await putBack(options, taken, failed);
}

interface Failed<S extends Stage> {
  message: MessageOf<S>;
  error: SwitchyardError;
}

/** One summons: the handler, then the hand-over. Null when both are done. */
async function runOne<S extends Stage>(
  options: RunStageOptions<S>,
  message: MessageOf<S>,
  signal: AbortSignal,
): Promise<Failed<S> | null> {
  const { stage, summoner, log } = options;
  const startedAt = performance.now();
  const { jobId } = message;
  try {
    const next = await options.handler(message, { signal });
    if (next !== null) {
      await summoner.summon(PIPELINE[stage].next as Stage, next as MessageOf<Stage>);
      // The last stage hands nothing on.
      failpoint(`${stage as Exclude<Stage, "settle">}.afterHandOver`);
    }
    const runMs = performance.now() - startedAt;
    observeRun(options.metrics, { stage, outcome: "done", runMs });
    log.debug({ stage, jobId, runMs: Math.round(runMs) }, "run finished");
    return null;
  } catch (thrown) {
    const error = asSwitchyardError(thrown);
    const runMs = performance.now() - startedAt;
    if (error.isRetriable || !(await isWrittenOff(options, message, error))) {
      observeRun(options.metrics, { stage, outcome: "retried", runMs });
      // Under a limit most runs are refused: a line for each would be a line per job and second.
      const level = error.code === "LIMIT_REACHED" ? "debug" : "info";
      log[level]({ stage, jobId, code: error.code, reason: error.message }, "run will be repeated");
      return { message, error };
    }
    observeRun(options.metrics, { stage, outcome: "dead_letter", runMs });
    const level = error.kind === "fault" ? "error" : "warn";
    log[level]({ stage, jobId, error }, "job given up");
    return null;
  }
}

/** False when even that failed, which means that the ledger or Redis cannot be reached: later, then. */
async function isWrittenOff<S extends Stage>(
  options: RunStageOptions<S>,
  message: MessageOf<S>,
  error: SwitchyardError,
): Promise<boolean> {
  try {
    const settle = await options.onDeadLetter(message, error);
    if (settle !== null) await options.summoner.summon("settle", settle);
    return true;
  } catch (second) {
    options.log.warn(
      { stage: options.stage, jobId: message.jobId, error: second },
      "could not give up a job",
    );
    return false;
  }
}

/** A lone summons goes back as it is; of a list only what failed goes back, each on its own. */
async function putBack<S extends Stage>(
  options: RunStageOptions<S>,
  { job, token }: Taken,
  failed: Failed<S>[],
): Promise<void> {
  const [first] = failed;
  if (job.data.items.length === 1 && first !== undefined) {
    const delayMs = pauseMs(first.error, job.attemptsStarted);
    await job.moveToDelayed(Date.now() + delayMs, token);
    throw new DelayedError();
  }
  await Promise.all(
    failed.map(({ message, error }) =>
      options.summoner.summon(options.stage, message, {
        delayMs: pauseMs(error, 1),
        suffix: `-r${job.id}`,
      }),
    ),
  );
}

/** @throws UnrecoverableError for an envelope that no version of ours wrote; the sweeper finds its jobs. */
function parseEnvelope<S extends Stage>(stage: S, job: Job<Envelope>): MessageOf<S>[] {
  const items: unknown = job.data?.items;
  const parsed = Array.isArray(items) ? items.map((item) => PIPELINE[stage].message.safeParse(item)) : [];
  if (parsed.length === 0 || job.data.version !== 1 || !parsed.every((result) => result.success)) {
    throw new UnrecoverableError(`queue job ${job.id} of ${stage} does not hold messages of version 1`);
  }
  return parsed.map((result) => result.data as MessageOf<S>);
}

/**
 * How long a summons waits after an error. Somebody else's wish is never undercut, but a provider that says "at
 * once" for ever may not have its way: the pause grows with every run all the same. Jitter keeps a herd apart.
 */
function pauseMs(error: SwitchyardError, runs: number): number {
  const wishMs = error.retryAfterMs;
  if (wishMs === undefined) return backoffMs(runs);
  if (error.code === "ROW_CONFLICT" || error.code === "LIMIT_REACHED") return wishMs;
  const leastMs = Math.min(MAX_BACKOFF_MS, 500 * 2 ** Math.min(runs, 10));
  return Math.round(Math.max(wishMs, leastMs) * (1 + Math.random() * 0.1));
}

/** Full jitter, doubling from 1 s. */
function backoffMs(runs: number): number {
  return Math.round(Math.random() * Math.min(MAX_BACKOFF_MS, 1_000 * 2 ** Math.min(runs, 10)));
}

/** A run that cannot be finished now, to be repeated after `retryAfterMs`. */
export function later(message: string, retryAfterMs: number): SwitchyardError {
  return new SwitchyardError("ROW_CONFLICT", message, { retryAfterMs });
}
