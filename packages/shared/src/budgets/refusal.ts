import type { Budget } from "./budget.ts";
import { sliceLeavesAtMs } from "./window.ts";

/**
 * Why there is no room; what says so for longest comes first. `spent`: until enough has left the window. `reserved`: jobs in progress hold the rest, which
 * may come free at any time. `limit`: more is asked for than there is room for, ever. `not_ready`: what was spent is
 * being looked up.
 */
export const REFUSAL_REASONS = ["limit", "spent", "reserved", "not_ready"] as const;
export type RefusalReason = (typeof REFUSAL_REASONS)[number];

export interface BudgetRefusal {
  budgetId: string;
  reason: RefusalReason;
  /** When there may be room; null: never, for so much. */
  retryAfterMs: number | null;
  /** With reason `spent`: what is neither spent nor reserved now, so that a job that may cost no more has room. */
  leftPicoUsd?: bigint;
}

/** What an account says, as all processes see it. */
export interface BudgetStanding {
  spentPicoUsd: bigint;
  reservedPicoUsd: bigint;
  /** False while what was spent is being looked up: then nothing is admitted. */
  isBuilt: boolean;
}

/** The state of an account at a refusal. */
export interface RefusedStanding extends BudgetStanding {
  /** What was spent, by slices of the window. */
  slices: readonly { slice: number; picoUsd: bigint }[];
  /** Of what is reserved: for the very job that asks. */
  ownPicoUsd: bigint;
}

/** What is reserved is released in the time of a call. */
const RESERVED_WAIT_MS = 5_000;
/** Accounts that are not built are looked for every five seconds. */
const NOT_READY_WAIT_MS = 5_000;

/** Why a job may not have so much in all, and when it may; there is no room for it as the account stands. */
export function refusalOf(
  budget: Budget,
  standing: RefusedStanding,
  { askPicoUsd, nowMs }: { askPicoUsd: bigint; nowMs: number },
): BudgetRefusal {
  const { id: budgetId, limitPicoUsd } = budget;
  if (!standing.isBuilt) return { budgetId, reason: "not_ready", retryAfterMs: NOT_READY_WAIT_MS };
  if (askPicoUsd > limitPicoUsd) return { budgetId, reason: "limit", retryAfterMs: null };
  if (standing.spentPicoUsd + askPicoUsd <= limitPicoUsd)
    return { budgetId, reason: "reserved", retryAfterMs: RESERVED_WAIT_MS };
  const othersPicoUsd = standing.reservedPicoUsd - standing.ownPicoUsd;
  const roomPicoUsd = limitPicoUsd - askPicoUsd;
  // Where what is reserved leaves no room in the emptiest window, it must be released, too: that is not told by the window.
  const mayStayPicoUsd = othersPicoUsd <= roomPicoUsd ? roomPicoUsd - othersPicoUsd : roomPicoUsd;
  const leftPicoUsd = limitPicoUsd - standing.spentPicoUsd - othersPicoUsd;
  return {
    ...{ budgetId, reason: "spent", leftPicoUsd: leftPicoUsd > 0n ? leftPicoUsd : 0n },
    retryAfterMs: Math.max(1, roomAtMs(budget, standing, mayStayPicoUsd) - nowMs),
  };
}

/** Of several budgets without room the one that is told of: all must have room. Null: there is none. */
export function weightiest(refusals: readonly BudgetRefusal[]): BudgetRefusal | null {
  const weight = ({ reason }: BudgetRefusal) => REFUSAL_REASONS.indexOf(reason);
  const wait = ({ retryAfterMs }: BudgetRefusal) => retryAfterMs ?? 0;
  return refusals.toSorted((a, b) => weight(a) - weight(b) || wait(b) - wait(a))[0] ?? null;
}

/** When no more than so much of what was spent is in the window. */
function roomAtMs(
  { window }: Budget,
  { slices, spentPicoUsd }: RefusedStanding,
  mayStayPicoUsd: bigint,
): number {
  let left = spentPicoUsd;
  let atMs = 0;
  for (const { slice, picoUsd } of slices.toSorted((a, b) => a.slice - b.slice)) {
    if (left <= mayStayPicoUsd) break;
    left -= picoUsd;
    atMs = sliceLeavesAtMs(window, slice);
  }
  return atMs;
}
