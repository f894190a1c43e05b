import { randomUUID } from "node:crypto";
import type { Budget } from "@switchyard/shared/budgets";
import type { Ledger } from "@switchyard/shared/ledger";
import type { BudgetUpkeep } from "@switchyard/shared/queues";
import { type HoldingOptions, type IsStill, restoreHoldings } from "./holdings.ts";
import { type HourSums, leastOf, partsOf, readSpentSums } from "./spent-sums.ts";

export interface RebuildOptions extends HoldingOptions {
  ledger: Ledger;
  upkeep: BudgetUpkeep;
}

/** The end of a slice is met once; more often only a Redis that loses its data says `again`. */
const MAX_TRIES = 3;

/** Makes accounts, and keeps them, what the rows and the totals say. */
export interface Rebuilder {
  /**
   * Builds accounts: first what live jobs may cost, then what was spent. `isLost`: Redis may have lost some of what they
   * hold. True when all are built.
   */
  build: (budgets: readonly Budget[], isLost: boolean, isStill: IsStill) => Promise<boolean>;
  /** Corrects what accounts say was spent where the totals say otherwise. */
  check: (budgets: readonly Budget[], isStill: IsStill) => Promise<void>;
}

export function openRebuilder(options: RebuildOptions): Rebuilder {
  const { ledger, upkeep, log, now } = options;
  /** What the totals said last, by the id of the budget. */
  const before = new Map<string, HourSums>();

  /** Those whose window moved meanwhile, or that Redis has lost, or that somebody else looks at by now. */
  async function correct(budgets: readonly Budget[], mark: string, isStill: IsStill): Promise<Budget[]> {
    const nowMs = now();
    const pass = randomUUID();
    const taken = new Map<Budget, bigint>();
    await Promise.all(
      budgets.map(async (budget) => taken.set(budget, await upkeep.begin(budget, pass, nowMs))),
    );
    const left = new Set(budgets);
    // Ends where somebody else is to go on: two that went on would each undo what the other has begun.
    for await (const { budget, sums } of readSpentSums(ledger.totals, budgets, { nowMs, isStill })) {
      // What the totals hold now may not be charged yet; what they held before is.
      const leastPicoUsd =
        leastOf(before.get(budget.id) ?? new Map(), budget, nowMs) + (taken.get(budget) ?? 0n);
      const told = { leastPicoUsd, parts: partsOf(sums, nowMs) };
      const finished = await upkeep.finish(budget, told, { pass, mark, nowMs });
      if (finished === "again") continue;
      left.delete(budget);
      before.set(budget.id, sums);
      if (finished === "corrected")
        log.info({ budget: budget.id }, "what was spent was taken from the totals");
    }
    return [...left];
  }

  async function correctAll(budgets: readonly Budget[], mark: string, isStill: IsStill): Promise<Budget[]> {
    let left = await correct(budgets, mark, isStill);
    for (let tries = 1; left.length > 0 && tries < MAX_TRIES && (await isStill()); tries += 1)
      left = await correct(left, mark, isStill);
    for (const { id } of left) log.warn({ budget: id }, "a budget could not be compared with the totals");
    return left;
  }

  return {
    async build(budgets, isLost, isStill) {
      const mark = randomUUID();
      await upkeep.mark(budgets, mark, isLost);
      if (!(await restoreHoldings(options, budgets, isStill))) return false;
      return (await correctAll(budgets, mark, isStill)).length === 0;
    },
    async check(budgets, isStill) {
      await correctAll(budgets, "none", isStill);
    },
  };
}
