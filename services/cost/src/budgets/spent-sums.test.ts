import type { Budget, BudgetSubject, BudgetWindow } from "@switchyard/shared/budgets";
import type { Totals, TotalsLine } from "@switchyard/shared/ledger";
import { expect, it } from "vitest";
import { readSpentSums } from "./spent-sums.ts";

const HOUR_MS = 3_600_000;
const NOW_MS = Date.UTC(2026, 5, 3, 12, 30);

function budgetOf(id: string, length: BudgetWindow["length"], subject: BudgetSubject = {}): Budget {
  return {
    ...{ id, subject, window: { length, kind: "rolling" } },
    ...{ limitPicoUsd: 1n, alertPicoUsd: null, isHard: true, source: "file" },
  };
}

const BUDGETS = [
  budgetOf("week", "week"),
  budgetOf("other", "day", { tenant: "other" }),
  budgetOf("hour", "hour"),
];

/** Totals of two tenants, each with 1 pico-dollar spent and as much at risk in every hour. */
function hourlyTotals() {
  const read: string[] = [];
  const totals: Pick<Totals, "tenants" | "pages"> = {
    tenants: async () => ["acme", "other"],
    async *pages(tenant, day) {
      read.push(`${day} ${tenant}`);
      for (let hour = 0; hour < 24; hour += 1)
        yield [
          { hour: `${day}T${String(hour).padStart(2, "0")}`, tags: {}, costPicoUsd: 1n, atRiskPicoUsd: 1n },
        ] as TotalsLine[];
    },
  };
  return { totals, read };
}

it("totals are read once for all budgets, and short windows do not wait for long ones", async () => {
  const { totals, read } = hourlyTotals();
  const come: unknown[] = [];
  const as = { nowMs: NOW_MS, isStill: async () => true };
  for await (const { budget, sums } of readSpentSums(totals, BUDGETS, as))
    come.push([budget.id, read.length, Math.min(...sums.keys()), sums.get(NOW_MS - HOUR_MS / 2)]);
  const touched = NOW_MS - HOUR_MS / 2;
  expect(come).toEqual([
    ["hour", 2, touched - HOUR_MS, 4n],
    ["other", 4, touched - 24 * HOUR_MS, 2n],
    ["week", 16, touched - 7 * 24 * HOUR_MS, 4n],
  ]);
  expect(new Set(read).size).toBe(16);
});

it("tenants of no budget are not read", async () => {
  const { totals, read } = hourlyTotals();
  const as = { nowMs: NOW_MS, isStill: async () => true };
  for await (const { budget } of readSpentSums(totals, BUDGETS.slice(1, 2), as))
    expect(budget.id).toBe("other");
  expect(read).toEqual(["2026-06-03 other", "2026-06-02 other"]);
});

it("nothing comes of a day after which somebody else is to go on, and no more is read", async () => {
  const { totals, read } = hourlyTotals();
  const as = { nowMs: NOW_MS, isStill: async () => false };
  for await (const { budget } of readSpentSums(totals, BUDGETS, as)) expect.unreachable(budget.id);
  expect(read).toHaveLength(2);
});
