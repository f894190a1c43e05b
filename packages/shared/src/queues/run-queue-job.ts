import { DelayedError, type Job, UnrecoverableError, WaitingError } from "bullmq";
import { asSwitchyardError, SwitchyardError } from "../errors/index.ts";
import { failpoint } from "../lifecycle/index.ts";
import { type HandedOn, type MessageOf, PIPELINE, type Stage } from "../pipeline/index.ts";
import {
  type Logger,
  type Metrics,
  NO_TRACING,
  type OpenSpan,
  observeRun,
  type Tracing,
} from "../telemetry/index.ts";
import type { PacedRun } from "./pace.ts";
import { isOwnFailure, pauseMs } from "./pause.ts";
import { isRedisRefusal } from "./redis-refusals.ts";
import type { Envelope, Summoner } from "./summons.ts";
import { clearSuspect, isSuspect, type Marked, noteSuspect, type Turns } from "./suspects.ts";

export interface RunContext {
  /** Aborted when the run takes too long, or the drain has run out of time; not when a lock is lost. */
  signal: AbortSignal;
  /**
   * To be called once the shared limits have let the run through and its row counts it: until then few more runs are
   * fetched beside it, and one that never ends is counted by its queue job.
   */
  admitted?: () => void;
  /** To be told how many tokens the run has paid for: what lies ahead of the workers is reckoned from it. */
  used?: (tokens: number) => void;
}

/** A function from a stage's message to the next stage's message; null when nothing is to be handed on. */
export type StageHandler<S extends Stage> = (
  message: MessageOf<S>,
  context: RunContext,
) => Promise<HandedOn<S> | null>;

export interface RunOptions<S extends Stage> {
  stage: S;
  summoner: Summoner;
  handler: StageHandler<S>;
  /** Writes a job off: after this the job is due for settle. */
  onDeadLetter: (message: MessageOf<S>, error: SwitchyardError) => Promise<MessageOf<"settle"> | null>;
  log: Logger;
  metrics: Metrics;
  tracing?: Tracing;
}

/** A queue job in hand, and how its worker is told of it. */
export interface Taken {
  job: Job<Marked>;
  token: string | undefined;
  signal: AbortSignal;
  paced: PacedRun;
  /** The turns of suspects of this worker. */
  turns: Turns;
  /** It has paid for so many tokens. */
  onUsed: (tokens: number) => void;
  /** Redis has refused a write of this run. */
  onRedisRefusal: () => void;
}

export async function runQueueJob<S extends Stage>(options: RunOptions<S>, taken: Taken): Promise<void> {
  const messages = parseEnvelope(options.stage, taken.job);
  const { processedOn, data, opts } = taken.job;
  // A delay that was asked for is no waiting.
  const waitMs = processedOn === undefined ? 0 : processedOn - data.at - (opts.delay ?? 0);
  options.metrics.stageWaitSeconds.observe({ stage: options.stage }, Math.max(0, waitMs) / 1_000);
  if (!isSuspect(taken.job)) return runAll(options, taken, messages);
  const [only] = messages;
  if (messages.length === 1 && only !== undefined) return runSuspect(options, taken, only);
  options.log.warn(
    { stage: options.stage, queueJobId: taken.job.id },
    "list taken apart: it lost its workers",
  );
  await Promise.all(messages.map((message) => options.summoner.summon(options.stage, message, {})));
}

/** Suspects run one at a time, so that those which kill their worker are told from those beside them. */
async function runSuspect<S extends Stage>(
  options: RunOptions<S>,
  taken: Taken,
  message: MessageOf<S>,
): Promise<void> {
  const { job, paced } = taken;
  const endTurn = await taken.turns.take();
  try {
    const handler: StageHandler<S> = async (...run) => {
      await noteSuspect(job);
      return options.handler(...run);
    };
    const admitted = () => {
      paced.admitted();
      endTurn();
      // If this is not noted, a run too many is counted, which is no harm.
      clearSuspect(job).catch(() => {});
    };
    await runAll({ ...options, handler }, { ...taken, paced: { ...paced, admitted } }, [message]);
  } finally {
    endTurn();
  }
}

async function runAll<S extends Stage>(
  options: RunOptions<S>,
  taken: Taken,
  messages: MessageOf<S>[],
): Promise<void> {
  const context = { signal: taken.signal, admitted: taken.paced.admitted, used: taken.onUsed };
  const outcomes = await Promise.all(messages.map((message) => runTraced(options, message, context)));
  const failed = outcomes.filter((outcome) => outcome !== null);
  if (failed.length === 0) return;
  if (failed.some(({ error }) => isRedisRefusal(error))) taken.onRedisRefusal();
  await putBack(options, taken, failed);
}

interface Failed<S extends Stage> {
  message: MessageOf<S>;
  error: SwitchyardError;
}

/** One summons, in the trace of its own job, whatever else its queue job carries. */
function runTraced<S extends Stage>(
  options: RunOptions<S>,
  message: MessageOf<S>,
  context: RunContext,
): Promise<Failed<S> | null> {
  const { tracing = NO_TRACING, stage } = options;
  const { jobId, generation, traceparent } = message;
  const isConsult = "consult" in message && message.consult === true;
  const facts = { "switchyard.job_id": jobId, "switchyard.generation": generation };
  const start = { name: isConsult ? "consult" : stage, kind: "internal", facts } as const;
  return tracing.enter(traceparent, start, (span) => runOne(options, message, { ...context, span }));
}

/** One summons: the handler, then the hand-over. Null when both are done. */
async function runOne<S extends Stage>(
  options: RunOptions<S>,
  message: MessageOf<S>,
  { span, ...context }: RunContext & { span: OpenSpan },
): Promise<Failed<S> | null> {
  const { stage, summoner, log } = options;
  const startedAt = performance.now();
  const { jobId } = message;
  try {
    const next = await options.handler(message, context);
    if (next !== null) {
      await summoner.summon(PIPELINE[stage].next as Stage, inTraceOf(message, next as MessageOf<Stage>));
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
    span.fail(error.code);
    if (error.isRetriable || !(await isWrittenOff(options, message, error))) {
      observeRun(options.metrics, { stage, outcome: "retried", runMs });
      // Most runs of a limited or held model only wait: a line for each would be a line per job and second.
      if (isWaiting(error)) span.forget();
      const level = isWaiting(error) ? "debug" : "info";
      log[level]({ stage, jobId, code: error.code, reason: error.message }, "run will be repeated");
      return { message, error };
    }
    observeRun(options.metrics, { stage, outcome: "dead_letter", runMs });
    const level = error.kind === "fault" ? "error" : "warn";
    log[level]({ stage, jobId, error }, "job given up");
    return null;
  }
}

/** It has only found that its turn has not come. */
function isWaiting({ code }: SwitchyardError): boolean {
  return code === "LIMIT_REACHED" || code === "ROW_CONFLICT";
}

/** What a run hands on belongs to the trace that the run belongs to. */
function inTraceOf<S extends Stage>(
  { traceparent }: { traceparent?: string },
  next: MessageOf<S>,
): MessageOf<S> {
  return traceparent === undefined ? next : { traceparent, ...next };
}

/** False when even that failed, which means that the ledger or Redis cannot be reached: later, then. */
async function isWrittenOff<S extends Stage>(
  options: RunOptions<S>,
  message: MessageOf<S>,
  error: SwitchyardError,
): Promise<boolean> {
  try {
    const settle = await options.onDeadLetter(message, error);
    if (settle !== null) await options.summoner.summon("settle", inTraceOf<"settle">(message, settle));
    return true;
  } catch (second) {
    options.log.warn(
      { stage: options.stage, jobId: message.jobId, error: second },
      "could not give up a job",
    );
    return false;
  }
}

/**
 * A lone summons goes back as it is: to the head of its queue when only the limits had no room for it, so that
 * order is kept and a large call is not passed by small ones for ever. Of a list only what failed goes back, each on
 * its own.
 */
async function putBack<S extends Stage>(
  options: RunOptions<S>,
  { job, token, paced }: Taken,
  failed: Failed<S>[],
): Promise<void> {
  const [first] = failed;
  if (job.data.items.length === 1 && first !== undefined) {
    const { error } = first;
    if (isWaiting(error)) options.tracing?.queues?.forget();
    // It ended with a word, whatever that was, unless it is to be written off and that has to wait.
    if (error.code !== "JOB_POISONED") await clearSuspect(job);
    if (error.code === "LIMIT_REACHED") {
      paced.refused(error.retryAfterMs ?? 0);
      await job.moveToWait(token);
      throw new WaitingError();
    }
    const failures = (job.data.failures ?? 0) + 1;
    if (isOwnFailure(error)) await job.updateData({ ...job.data, failures });
    await job.moveToDelayed(Date.now() + pauseMs(error, failures), token);
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

/** A run that cannot be finished now, to be repeated after `retryAfterMs`. */
export function later(message: string, retryAfterMs: number): SwitchyardError {
  return new SwitchyardError("ROW_CONFLICT", message, { retryAfterMs });
}
