import type { Budget } from "@switchyard/shared/budgets";
import { isTerminal } from "@switchyard/shared/contracts";
import { BUDGETS_KNOWN_TO_ALL_MS, type BudgetList } from "@switchyard/shared/ledger";
import type { BudgetAccounts, RunMark } from "@switchyard/shared/queues";
import type { ChargeBudgets } from "@switchyard/shared/service";
import type { Metrics } from "@switchyard/shared/telemetry";
import { type IsStill, openRebuilder, type RebuildOptions } from "./rebuild.ts";
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
  /** What is due. Rejects when Redis or DynamoDB does not answer. */
  round: (isStill: IsStill) => Promise<void>;
}

/** What was spent is compared with the totals so often. */
const CHECK_EVERY_MS = 300_000;
/** Where there are very many totals: so much longer than it takes to read them. */
const CHECK_PAUSE = 20;
/** A job that was covered so long ago has its row by now, or never will. */
const ORPHAN_MS = 60_000;
/** A live job is looked at again so much later. */
const LOOK_AGAIN_MS = 600_000;
const LOOKED_AT_ONCE = 200;

export function openBudgetKeeper(options: KeepOptions): BudgetKeeper {
  const { budgets: list, accounts, upkeep, runMark, metrics, now } = options;
  const rebuilder = openRebuilder(options);
  let nextCheckMs = now() + CHECK_EVERY_MS;

  async function check(budgets: readonly Budget[], isStill: IsStill): Promise<void> {
    const startedAtMs = now();
    await rebuilder.check(budgets, isStill);
    nextCheckMs = now() + Math.max(CHECK_EVERY_MS, CHECK_PAUSE * (now() - startedAtMs));
  }

  return {
    async round(isStill) {
      const all = await list.all();
      await upkeep.tidy(all, now());
      if (all.length === 0) return forgetBudgets(metrics);
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
      await lookAtHolders(options);
      await tellBudgets(options, budgets, await accounts.read(budgets, now()));
    },
  };
}

/** Until then jobs may be called that nothing is reserved for. */
function isKnownToAll({ sinceMs }: Budget, nowMs: number): boolean {
  return sinceMs === undefined || nowMs - sinceMs >= BUDGETS_KNOWN_TO_ALL_MS;
}

/** Jobs that hold what nobody else will release: whoever reserved it died before there was a row, or after its end. */
async function lookAtHolders({ ledger, upkeep, accounts, chargeBudgets, now }: KeepOptions): Promise<void> {
  const live: string[] = [];
  const dueMs = now() - ORPHAN_MS;
  for (const jobId of await upkeep.holders(dueMs, LOOKED_AT_ONCE)) {
    const view = await ledger.jobs.view(jobId);
    if (view !== null && !isTerminal(view.job.status)) {
      live.push(jobId);
      continue;
    }
    if (view !== null) await chargeBudgets(view, true);
    await accounts.release(jobId, dueMs);
  }
  await upkeep.looked(live, now() + LOOK_AGAIN_MS - ORPHAN_MS);
}
