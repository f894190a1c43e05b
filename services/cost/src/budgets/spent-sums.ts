import { appliesTo, type Budget, windowOf } from "@switchyard/shared/budgets";
import type { Totals, TotalsLine } from "@switchyard/shared/ledger";

/** What was spent, and may have been, by the UTC hour that it is counted in: its first instant. */
export type HourSums = Map<number, bigint>;

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Tenants whose totals are read at once, a page of each. */
const TOGETHER = 32;

type ReadTotals = Pick<Totals, "tenants" | "pages">;

interface Asked {
  budget: Budget;
  startsAtMs: number;
  sums: HourSums;
}

/**
 * Sums of all hours that touch the window of each budget. Totals are read once for all budgets, the newest day first,
 * and only their sums are kept: a budget comes once its window has been read, so that short ones need not wait for long
 * ones. Asks with each day whether to go on; those of which it was not told to are left out.
 */
export async function* readSpentSums(
  totals: ReadTotals,
  budgets: readonly Budget[],
  { nowMs, isStill }: { nowMs: number; isStill: () => Promise<boolean> },
): AsyncGenerator<Pick<Asked, "budget" | "sums">> {
  let left = budgets.map((budget): Asked => {
    return { budget, startsAtMs: windowOf(budget.window, nowMs).startsAtMs, sums: new Map() };
  });
  // The first may just have begun for somebody whose clock is ahead.
  let dayMs = Math.floor((nowMs + HOUR_MS) / DAY_MS) * DAY_MS;
  for (; left.length > 0; dayMs -= DAY_MS) {
    await addDay(totals, new Date(dayMs).toISOString().slice(0, 10), left);
    if (!(await isStill())) return;
    const { done = [], more = [] } = Object.groupBy(left, ({ startsAtMs }) =>
      startsAtMs >= dayMs ? "done" : "more",
    );
    left = more;
    yield* done;
  }
}

async function addDay(totals: ReadTotals, day: string, asked: readonly Asked[]): Promise<void> {
  const named = asked.flatMap(({ budget }) => budget.subject.tenant ?? []);
  const all = named.length < asked.length ? await totals.tenants(day) : [];
  const tenants = [...new Set([...named, ...all])];
  for (let from = 0; from < tenants.length; from += TOGETHER) {
    const group = tenants.slice(from, from + TOGETHER);
    await Promise.all(group.map((tenant) => addTenant(totals, { tenant, day }, asked)));
  }
}

async function addTenant(
  totals: ReadTotals,
  { tenant, day }: { tenant: string; day: string },
  asked: readonly Asked[],
): Promise<void> {
  const own = asked.filter(({ budget }) => (budget.subject.tenant ?? tenant) === tenant);
  for await (const page of totals.pages(tenant, day)) for (const line of page) addTo(own, tenant, line);
}

function addTo(asked: readonly Asked[], tenant: string, line: TotalsLine): void {
  const hourMs = Date.parse(`${line.hour}:00:00Z`);
  const payer = { tenant, keyId: line.key, tags: line.tags };
  for (const { budget, startsAtMs, sums } of asked) {
    if (hourMs + HOUR_MS <= startsAtMs || !appliesTo(budget, payer)) continue;
    sums.set(hourMs, (sums.get(hourMs) ?? 0n) + line.costPicoUsd + line.atRiskPicoUsd);
  }
}

/** As the accounts count it: each hour as spent at its end, so that it counts no shorter than it may have to. */
export function partsOf(sums: HourSums, nowMs: number): { atMs: number; picoUsd: bigint }[] {
  return [...sums].map(([hourMs, picoUsd]) => ({ atMs: Math.min(hourMs + HOUR_MS - 1, nowMs), picoUsd }));
}

/** Of hours that lie in the window entirely. */
export function leastOf(sums: HourSums, budget: Budget, nowMs: number): bigint {
  const { startsAtMs } = windowOf(budget.window, nowMs);
  return [...sums].reduce((sum, [hourMs, picoUsd]) => (hourMs >= startsAtMs ? sum + picoUsd : sum), 0n);
}
