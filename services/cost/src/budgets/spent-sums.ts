import { appliesTo, type Budget, windowOf } from "@switchyard/shared/budgets";
import type { Totals, TotalsLine } from "@switchyard/shared/ledger";

/** What was spent, and may have been, by the UTC hour that it is counted in: its first instant. */
export type HourSums = Map<number, bigint>;

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Tenants whose totals are read at once. */
const TOGETHER = 8;

/** Reads sums of many budgets, each total once, and asks with each day whether to go on. Nothing is read before it is asked for. */
export function openSpentSums(
  totals: Pick<Totals, "tenants" | "read">,
  nowMs: number,
  isStill: () => Promise<boolean>,
) {
  const tenantsOf = remembered((day: string) => totals.tenants(day));
  const linesOf = remembered((name: string) => {
    const [day = "", tenant = ""] = name.split("/");
    return totals.read(tenant, day);
  });

  /** All hours that touch the budget's window; null: somebody else is to go on. */
  return async function sumsOf(budget: Budget): Promise<HourSums | null> {
    const { startsAtMs } = windowOf(budget.window, nowMs);
    const sums: HourSums = new Map();
    for (const day of daysFrom(startsAtMs, nowMs)) {
      const { tenant: only } = budget.subject;
      const tenants = only === undefined ? await tenantsOf(day) : [only];
      for (let from = 0; from < tenants.length; from += TOGETHER) {
        const group = tenants.slice(from, from + TOGETHER);
        const read = await Promise.all(group.map((tenant) => linesOf(`${day}/${tenant}`)));
        for (const [index, lines] of read.entries()) {
          for (const line of lines) addTo(sums, { budget, tenant: group[index] ?? "", line });
        }
      }
      if (!(await isStill())) return null;
    }
    return new Map([...sums].filter(([hourMs]) => hourMs + HOUR_MS > startsAtMs));
  };
}

function addTo(
  sums: HourSums,
  { budget, tenant, line }: { budget: Budget; tenant: string; line: TotalsLine },
): void {
  if (!appliesTo(budget, { tenant, keyId: line.key, tags: line.tags })) return;
  const hourMs = Date.parse(`${line.hour}:00:00Z`);
  sums.set(hourMs, (sums.get(hourMs) ?? 0n) + line.costPicoUsd + line.atRiskPicoUsd);
}

/** UTC days, such as `2026-01-31`. The last may just have begun for somebody whose clock is ahead. */
function daysFrom(fromMs: number, toMs: number): string[] {
  const days: string[] = [];
  const first = Math.floor(fromMs / DAY_MS) * DAY_MS;
  for (let dayMs = first; dayMs <= toMs + HOUR_MS; dayMs += DAY_MS)
    days.push(new Date(dayMs).toISOString().slice(0, 10));
  return days;
}

function remembered<Value>(ask: (name: string) => Promise<Value>): (name: string) => Promise<Value> {
  const asked = new Map<string, Promise<Value>>();
  return (name) => {
    const known = asked.get(name) ?? ask(name);
    asked.set(name, known);
    return known;
  };
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
