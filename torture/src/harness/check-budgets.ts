import type { BudgetLook, WatchedBudget } from "./budget-watch.ts";
import { countsIn, isInWindow, picoUsd } from "./budgets.ts";
import type { Evidence, StoredAttempt } from "./evidence.ts";

/** By how much rows and looks may disagree about the time: their clocks are asked over a network. */
const CLOCKS_MS = 1_000;

/**
 * No account is ever above its limit, none ever holds less than what the rows say that calls cost or may yet cost, and
 * at the end each has spent what they cost, holds nothing besides, and comes to the same when it is built anew.
 */
export function checkBudgets(evidence: Evidence): string[] {
  const { told, attempts, budgets, forgottenBytes, successions } = evidence;
  const teams = new Map(told.map(({ jobId, team }) => [jobId, team]));
  return budgets.flatMap((budget) => {
    const rows = attempts.filter((row) => countsIn(budget.wish, row.tenant, teams.get(row.jobId) ?? ""));
    // A Redis that has forgotten what it had acknowledged may admit too much until that is noticed.
    const always = forgottenBytes > 0 ? [] : [...checkLimit(budget), ...checkLooks(budget, rows)];
    return [...always, ...checkEnd(budget, rows, successions > 0), ...checkRebuilt(budget, rows)];
  });
}

function checkLimit({ id, wish, looks }: WatchedBudget): string[] {
  const limit = picoUsd(wish.limit_usd);
  const above = looks.filter((look) => usedIn(look) > limit);
  if (above.length === 0) return [];
  const most = above.reduce((worst, look) => (usedIn(look) > usedIn(worst) ? look : worst));
  return [
    `budget ${id} is above its limit of ${limit} in ${above.length} looks, by up to ${described(most)}`,
  ];
}

/** What calls were made at once is seen in the rows alone: an account that nobody reserves in knows nothing of it. */
function checkLooks({ id, wish, looks }: WatchedBudget, rows: readonly StoredAttempt[]): string[] {
  const limit = picoUsd(wish.limit_usd);
  const problems: string[] = [];
  let least: ((atMs: number) => bigint) | null = null;
  let short = 0;
  let last: BudgetLook | null = null;
  for (const look of looks) {
    if (last === null || least === null || !isInWindow(wish, last.atMs, look.atMs))
      least = leastSums(wish, rows, look.atMs);
    last = look;
    const spent = least(look.atMs);
    if (spent > usedIn(look)) {
      short += 1;
      if (short === 1)
        problems.push(`budget ${id} holds ${described(look)}, and its calls may have cost ${spent}`);
    }
    if (spent > limit) return [...problems, `calls of budget ${id} may have cost ${spent} of ${limit}`];
  }
  return problems;
}

/**
 * What calls cost by an instant, or may cost where they are on the wire: at least so much, however clocks disagree.
 * Asked in the order of time, within the window of `nowMs`.
 */
function leastSums(
  wish: WatchedBudget["wish"],
  rows: readonly StoredAttempt[],
  nowMs: number,
): (atMs: number) => bigint {
  const steps = rows.flatMap((row) => {
    const { startedAtMs, endedAtMs, maxCostPicoUsd } = row;
    const [fromMs, toMs] = [startedAtMs + CLOCKS_MS, endedAtMs - CLOCKS_MS];
    const counts = endedAtMs > nowMs || isInWindow(wish, endedAtMs, nowMs);
    const cost = counts ? costOf(row) : 0n;
    if (fromMs >= toMs) return [{ atMs: endedAtMs + CLOCKS_MS, picoUsd: cost }];
    return [
      { atMs: fromMs, picoUsd: maxCostPicoUsd },
      { atMs: toMs, picoUsd: cost - maxCostPicoUsd },
    ];
  });
  steps.sort((a, b) => a.atMs - b.atMs);
  let next = 0;
  let sum = 0n;
  return (atMs) => {
    for (let step = steps[next]; step !== undefined && step.atMs <= atMs; step = steps[next]) {
      sum += step.picoUsd;
      next += 1;
    }
    return sum;
  };
}

/** `mayErr`: what is charged while an account is built may be counted twice until it is next compared with the totals. */
function checkEnd(
  { id, wish, end }: WatchedBudget,
  rows: readonly StoredAttempt[],
  mayErr: boolean,
): string[] {
  if (end === null) return [`budget ${id} is not built`];
  const { spentPicoUsd, reservedPicoUsd, atMs } = end;
  const rowsPicoUsd = sumOf(wish, rows, atMs);
  const problems: string[] = [];
  if (reservedPicoUsd !== 0n)
    problems.push(`budget ${id} still holds ${reservedPicoUsd}, and no job is left`);
  if (mayErr ? spentPicoUsd < rowsPicoUsd : spentPicoUsd !== rowsPicoUsd)
    problems.push(`budget ${id} has spent ${spentPicoUsd}, and its rows ${rowsPicoUsd}`);
  return problems;
}

/** Built from the totals alone. */
function checkRebuilt({ id, wish, rebuilt }: WatchedBudget, rows: readonly StoredAttempt[]): string[] {
  if (rebuilt === null) return [`budget ${id} is not built anew`];
  const { spentPicoUsd, reservedPicoUsd, atMs } = rebuilt;
  const rowsPicoUsd = sumOf(wish, rows, atMs);
  return spentPicoUsd === rowsPicoUsd && reservedPicoUsd === 0n
    ? []
    : [`budget ${id} is built anew with ${described(rebuilt)}, and its rows are ${rowsPicoUsd}`];
}

function sumOf(wish: WatchedBudget["wish"], rows: readonly StoredAttempt[], nowMs: number): bigint {
  const counted = rows.filter(({ endedAtMs }) => isInWindow(wish, endedAtMs, nowMs));
  return counted.reduce((sum, row) => sum + costOf(row), 0n);
}

/** What a call cost, or its bound where nobody knows. */
function costOf({ state, adjustedPicoUsd, costPicoUsd, maxCostPicoUsd }: StoredAttempt): bigint {
  return state === "void" ? 0n : (adjustedPicoUsd ?? costPicoUsd ?? maxCostPicoUsd);
}

function usedIn({ spentPicoUsd, reservedPicoUsd }: BudgetLook): bigint {
  return spentPicoUsd + reservedPicoUsd;
}

function described({ spentPicoUsd, reservedPicoUsd, atMs }: BudgetLook): string {
  return `${spentPicoUsd} spent and ${reservedPicoUsd} reserved at ${new Date(atMs).toISOString()}`;
}
