import type { Catalogue } from "@switchyard/shared/catalogue";
import type { SettleMessage, TerminalStatus } from "@switchyard/shared/contracts";
import {
  type AttemptRow,
  baselineOf,
  baselineSum,
  bookingOf,
  costPicoUsdOf,
  type JobRow,
  type JobView,
  LEASE_GRACE_MS,
  type Ledger,
  verdictOf,
} from "@switchyard/shared/ledger";
import { failpoint } from "@switchyard/shared/lifecycle";
import { formatUsd } from "@switchyard/shared/pricing";
import { type EventPublisher, later, type StageHandler } from "@switchyard/shared/queues";
import { type ChargeBudgets, countCall } from "@switchyard/shared/service";
import { annotateSpan, type Logger, type Metrics, observeEnd } from "@switchyard/shared/telemetry";
import { observeBooked } from "./observe-booked.ts";

export interface SettleOptions {
  ledger: Ledger;
  chargeBudgets: ChargeBudgets;
  events: EventPublisher;
  catalogue: Pick<Catalogue, "tenantClasses">;
  metrics: Metrics;
  log: Logger;
  now?: () => number;
}

/** A call that was given up as unknown may be settled late, its summons lost: an ended job is looked at again. */
export const LATE_CALL_LOOK_MS = 3_600_000;

/**
 * Stage settle: repairs the ledger from what the summons brought, brings the totals up to date and sets
 * the one terminal state. May run any number of times; the second changes nothing.
 */
export function settleWith(options: SettleOptions): StageHandler<"settle"> {
  const now = options.now ?? options.ledger.now;
  return async (message, { signal }) => {
    // Else a run of many would wait, a request behind another, for minutes for a DynamoDB that does not answer.
    const ledger = options.ledger.within(signal);
    const seen = await ledger.jobs.view(message.jobId);
    if (seen === null) return null;
    // What a call took is true of its row whatever became of the job; the job itself is for its own generation.
    const view = (await repaired({ ...options, ledger }, seen, message))
      ? await ledger.jobs.view(message.jobId)
      : seen;
    if (view === null || view.job.generation !== message.generation) return null;
    const verdict = verdictOf(view, now());
    if ("leave" in verdict) {
      if (verdict.leave !== "terminal") return null;
      const recounted = await countLateCalls(ledger, view);
      if (recounted === null) throw later("the row moved meanwhile", 20);
      observeBooked(options.metrics, { job: recounted, attempts: uncounted(view), atMs: now() });
      await options.chargeBudgets(view, true);
      return null;
    }
    if ("waitUntil" in verdict) {
      await ledger.jobs.attend(view.job, verdict.waitUntil + LEASE_GRACE_MS);
      return null;
    }
    failpoint("settle.beforeTotals");
    const counted = await count(ledger, view);
    failpoint("settle.afterTotals");
    const end = {
      status: verdict.end,
      resultAttempt: verdict.resultAttempt,
      failure: verdict.failure,
      ...moneyOf(view.attempts),
      ...counted,
      attentionAt: view.attempts.some((attempt) => attempt.state === "unknown")
        ? now() + LATE_CALL_LOOK_MS
        : undefined,
    };
    const ended = await ledger.jobs.end(view.job, end);
    if (ended === null) throw later("the row moved meanwhile", 20);
    failpoint("settle.afterEnd");
    annotateSpan({
      "switchyard.status": verdict.end,
      "switchyard.cost_usd": formatUsd(end.costPicoUsd),
      "switchyard.attempts": ended.attempts,
      "error.type": ended.failure?.code,
    });
    observe(options.metrics, ended, verdict.end);
    observeBooked(options.metrics, { job: ended, attempts: uncounted(view), atMs: now() });
    await charged(options, { job: ended, attempts: view.attempts });
    return null;
  };
}

/** Before anybody hears of the end: who then submits the next job finds what this one held. */
export async function charged(
  { chargeBudgets, events }: Pick<SettleOptions, "chargeBudgets" | "events">,
  view: JobView,
): Promise<void> {
  try {
    await chargeBudgets(view, false);
  } finally {
    events.publish(view.job);
  }
}

/**
 * Writes the usage that rode in the summons where it is missing. True when the rows have to be read again:
 * a write that changed nothing met another's, or its own whose reply was lost.
 */
async function repaired(
  options: SettleOptions,
  { job, attempts }: JobView,
  { attempt: facts }: SettleMessage,
) {
  const row = attempts.find((attempt) => attempt.n === facts?.n);
  if (facts === undefined || row === undefined || row.state === "settled" || row.state === "void")
    return false;
  const { n: _, usage, estimate, serviceTier, ...settlement } = facts;
  const booked = bookingOf(row.price, { usage, estimate, serviceTier });
  const hasBaseline = facts.resultChunks !== undefined && estimate === undefined;
  const baselinePicoUsd = hasBaseline ? baselineOf(job, usage) : undefined;
  const settled = { ...settlement, ...booked, baselinePicoUsd };
  if (await options.ledger.attempts.settle(row, settled)) countCall(options, row, settled);
  return true;
}

interface Counts {
  counted: number[];
  countedAtRisk: number[];
}

/** Adds every attempt to the totals that was billed or may have been. Answers their numbers. */
async function count(ledger: Pick<Ledger, "totals">, { job, attempts }: JobView): Promise<Counts> {
  await Promise.all(uncounted({ job, attempts }).map((attempt) => ledger.totals.add(attempt)));
  const numbers = (state: AttemptRow["state"]) =>
    attempts.filter((attempt) => attempt.state === state).map(({ n }) => n);
  return { counted: numbers("settled"), countedAtRisk: numbers("unknown") };
}

/** Attempts that the totals do not hold yet as they are now. */
export function uncounted({ job, attempts }: JobView): AttemptRow[] {
  return attempts.filter(({ n, state }) => {
    if (state === "settled") return job.counted?.includes(n) !== true;
    return state === "unknown" && job.countedAtRisk?.includes(n) !== true;
  });
}

/** A call may say how it ended after its job has: its cost is booked all the same. Null when the job moved meanwhile. */
export async function countLateCalls(
  ledger: Pick<Ledger, "jobs" | "totals">,
  view: JobView,
): Promise<JobRow | null> {
  if (uncounted(view).length === 0) return view.job;
  return ledger.jobs.recount(view.job, { ...(await count(ledger, view)), ...moneyOf(view.attempts) });
}

/** What a job's row says of its money: a sum over all its attempts, and how many of them are in none. */
export function moneyOf(attempts: readonly AttemptRow[]) {
  const unpriced = attempts.filter((row) => row.state === "settled" && costPicoUsdOf(row) === undefined);
  return {
    costPicoUsd: costOf(attempts),
    baselinePicoUsd: baselineSum(attempts),
    // Nearly all jobs have none: nothing is written of it for them.
    unpricedCalls: unpriced.length === 0 ? undefined : unpriced.length,
  };
}

/** What a job has cost so far. */
function costOf(attempts: readonly AttemptRow[]): bigint {
  return attempts.reduce((sum, attempt) => sum + (costPicoUsdOf(attempt) ?? 0n), 0n);
}

/** Counts a job that has ended. */
export function observe(metrics: Metrics, job: JobRow, status: TerminalStatus): void {
  const jobClass = job.decision?.class ?? "none";
  const durationMs = job.updatedAt - (job.replayed?.atMs ?? job.createdAt);
  observeEnd(metrics, { status, class: jobClass, model: job.modelId ?? "none", durationMs });
}
