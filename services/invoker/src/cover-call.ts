import {
  type JobRow,
  type JobView,
  mostSpentPicoUsd,
  payerOf,
  type StoredHold,
} from "@switchyard/shared/ledger";
import { later } from "@switchyard/shared/queues";
import type { Refused } from "@switchyard/shared/service";
import type { InvokeOptions } from "./invoke-options.ts";
import type { Terms } from "./terms.ts";

/** A held job looks again so often at least: its budget may have been raised. */
const MAX_HELD_MS = 60_000;
/** That soon at most when it has just been held. */
const FIRST_HELD_MS = 30_000;
/** Those that wait for one window come apart by so much. */
const SPREAD_MS = 2_000;
/** A time of resuming that moves by less is no news. */
const NEWS_MS = 60_000;

interface CallToCover extends Pick<Terms, "maxCostPicoUsd"> {
  /** It is held where there is no room, so that it comes again. */
  isWaiting?: boolean;
}

/**
 * Reserves, under every budget that the job counts in, what its calls may have cost and what this one may cost at most.
 * Null where that is so now, or where no budget is for the job. What earlier generations cost is charged already. Without
 * terms the call is one of those that have a row.
 * @throws SwitchyardError LEDGER_UNAVAILABLE or QUEUE_UNAVAILABLE when nobody can say whether there is room.
 */
export async function coverCall(
  { budgets }: Pick<InvokeOptions, "budgets">,
  { job, attempts }: JobView,
  { maxCostPicoUsd, isWaiting = false }: CallToCover = { maxCostPicoUsd: 0n },
): Promise<Refused | null> {
  const own = attempts.filter(({ generation }) => generation === job.generation);
  const amountPicoUsd = mostSpentPicoUsd(own) + maxCostPicoUsd;
  const cover = await budgets.cover({
    jobId: job.jobId,
    generation: job.generation,
    payer: payerOf(job),
    amountPicoUsd,
    isForCall: true,
    isWaiting,
  });
  return cover === "none" || cover === "covered" ? null : cover;
}

/**
 * The job waits for room under a budget, by itself, so that it keeps nobody back, and its row says why.
 * @throws SwitchyardError always: the run is to be repeated.
 */
export async function holdForBudget(
  { ledger, events }: Pick<InvokeOptions, "ledger" | "events">,
  { view: { job }, now }: { view: Pick<JobView, "job">; now: () => number },
  refused: Refused,
): Promise<never> {
  const held = holdOf(refused, now());
  // What was spent is looked up within seconds, for all jobs: a row for each would be no news.
  if (refused.reason !== "not_ready" && isNews(job.held, held)) {
    const moved = await ledger.jobs.hold(job, held);
    if (moved !== null) events.publish(moved);
  }
  throw later(
    `no room under budget ${refused.budgetId} (${refused.reason})`,
    waitMsOf(job, refused, now()) + Math.random() * SPREAD_MS,
  );
}

/** Whoever is held for long waits twice as long with each look, so that very many do not keep all processes busy. */
function waitMsOf({ held, updatedAt }: JobRow, { reason, retryAfterMs }: Refused, nowMs: number): number {
  const firstMs = Math.min(FIRST_HELD_MS, retryAfterMs ?? FIRST_HELD_MS);
  // Until then no row is written that would say since when.
  if (reason === "not_ready" || held === undefined) return firstMs;
  const waitMs = Math.min(MAX_HELD_MS, Math.max(firstMs, nowMs - updatedAt));
  return reason === "spent" ? Math.min(waitMs, retryAfterMs ?? waitMs) : waitMs;
}

/** Only the end of a window is known beforehand; other jobs end when they end. */
function holdOf({ budgetId, isOwn, reason, retryAfterMs }: Refused, nowMs: number): StoredHold {
  const isKnown = reason === "spent" && retryAfterMs !== null;
  return {
    ...{ reason: "budget_exceeded" as const, budgetId, isOwn },
    ...(reason === "not_ready" ? {} : { cause: reason }),
    ...(isKnown ? { resumeAt: nowMs + retryAfterMs } : {}),
  };
}

function isNews(before: JobRow["held"], held: StoredHold): boolean {
  if (before?.budgetId !== held.budgetId || before?.isOwn !== held.isOwn) return true;
  if (before?.cause !== held.cause) return true;
  if (before?.resumeAt === undefined || held.resumeAt === undefined)
    return before?.resumeAt !== held.resumeAt;
  return Math.abs(before.resumeAt - held.resumeAt) >= NEWS_MS;
}
