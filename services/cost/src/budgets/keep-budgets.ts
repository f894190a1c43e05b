import type { Budget } from "@switchyard/shared/budgets";
import { BUDGETS_KNOWN_TO_ALL_MS, type BudgetList } from "@switchyard/shared/ledger";
import type { BudgetAccounts, RunMark } from "@switchyard/shared/queues";
import type { ChargeBudgets } from "@switchyard/shared/service";
import type { Metrics } from "@switchyard/shared/telemetry";
import type { IsStill } from "./holdings.ts";
import { lookAtHolders } from "./look-at-holders.ts";
import { openRebuilder, type RebuildOptions } from "./rebuild.ts";
import { forgetBudgets, tellBudgets } from "./tell-budgets.ts";

export interface KeepOptions extends RebuildOptions {
  budgets: BudgetList;
  accounts: BudgetAccounts;
  runMark: RunMark;
  chargeBudgets: ChargeBudgets;
  metrics: Metrics;
}

/** Makes accounts of all budgets in Redis, and keeps them right. */
export interface BudgetKeeper {
  /** What is due. False when there is nothing to keep any more. Rejects when Redis or DynamoDB does not answer. */
  round: (isStill: IsStill) => Promise<boolean>;
}

/** What was spent is compared with the totals so often. */
const CHECK_EVERY_MS = 300_000;
/** Where there are very many totals: so much longer than it takes to read them. */
const CHECK_PAUSE = 20;

export function openBudgetKeeper(options: KeepOptions): BudgetKeeper {
  const { budgets: list, accounts, upkeep, runMark, metrics, now } = options;
  const rebuilder = openRebuilder(options);
  let nextCheckMs = now() + CHECK_EVERY_MS;

  async function check(budgets: readonly Budget[], isStill: IsStill): Promise<void> {
    const startedAtMs = now();
    await rebuilder.check(budgets, isStill);
    nextCheckMs = now() + Math.max(CHECK_EVERY_MS, CHECK_PAUSE * (now() - startedAtMs));
  }

  /** Jobs may hold something of budgets that there were. */
  async function emptied(isStill: IsStill): Promise<boolean> {
    forgetBudgets(metrics);
    await lookAtHolders(options, isStill);
    await upkeep.tidy([], now());
    return (await upkeep.holders(Number.MAX_SAFE_INTEGER, 1)).length > 0;
  }

  return {
    async round(isStill) {
      const all = await list.all();
      if (all.length === 0) return await emptied(isStill);
      await upkeep.tidy(all, now());
      const budgets = all.filter((budget) => isKnownToAll(budget, now()));
      const lostRun = await runMark.lostRun();
      const standings = await accounts.read(budgets, now());
      const unbuilt = lostRun === null ? budgets.filter((_, at) => standings[at]?.isBuilt !== true) : budgets;
      if (unbuilt.length > 0) {
        const isDone = await rebuilder.build(unbuilt, lostRun !== null, isStill);
        if (isDone && lostRun !== null) await runMark.markWhole(lostRun);
      } else if (now() >= nextCheckMs) {
        await check(budgets, isStill);
      }
      await tellBudgets(options, budgets, await accounts.read(budgets, now()));
      await lookAtHolders(options, isStill);
      return true;
    },
  };
}

/** Until then jobs may be called that nothing is reserved for. */
function isKnownToAll({ sinceMs }: Budget, nowMs: number): boolean {
  return sinceMs === undefined || nowMs - sinceMs >= BUDGETS_KNOWN_TO_ALL_MS;
}
