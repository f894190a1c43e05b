import { isTerminal } from "@switchyard/shared/contracts";
import type { Ledger } from "@switchyard/shared/ledger";
import type { BudgetAccounts, BudgetUpkeep } from "@switchyard/shared/queues";
import type { ChargeBudgets } from "@switchyard/shared/service";
import type { Logger } from "@switchyard/shared/telemetry";
import { uncounted } from "../settle.ts";
import { type IsStill, passOver } from "./holdings.ts";

export interface HolderOptions {
  ledger: Pick<Ledger, "jobs">;
  upkeep: Pick<BudgetUpkeep, "holders" | "looked">;
  accounts: Pick<BudgetAccounts, "release">;
  chargeBudgets: ChargeBudgets;
  log: Logger;
  now: () => number;
}

/** A job that was covered so long ago has its row by now, or never will. */
const ORPHAN_MS = 60_000;
/** A job that holds something rightly is looked at again so much later. */
const LOOK_AGAIN_MS = 600_000;
const LOOKED_AT_ONCE = 200;
/** So many times in a round: whoever keeps the accounts has more to do. */
const PAGES = 10;

/**
 * Releases what jobs hold that nobody else will release: whoever reserved it died before there was a row, or after its
 * end. One that cannot be looked at keeps back no other. Those that a round does not come to are the first of the next.
 */
export async function lookAtHolders(options: HolderOptions, isStill: IsStill): Promise<void> {
  const { upkeep, log, now } = options;
  const dueMs = now() - ORPHAN_MS;
  for (let pages = 0; pages < PAGES; pages += 1) {
    const jobIds = await upkeep.holders(dueMs, LOOKED_AT_ONCE);
    const outcomes = await Promise.allSettled(jobIds.map((jobId) => lookAt(options, jobId, dueMs)));
    const failed = jobIds.filter((_, index) => outcomes[index]?.status === "rejected");
    await upkeep.looked(jobIds, now() + LOOK_AGAIN_MS - ORPHAN_MS);
    await upkeep.looked(failed, now());
    passOver(outcomes, log);
    if (jobIds.length < LOOKED_AT_ONCE || !(await isStill())) return;
  }
}

async function lookAt(options: HolderOptions, jobId: string, dueMs: number): Promise<void> {
  const { ledger, accounts, chargeBudgets } = options;
  const view = await ledger.jobs.view(jobId);
  if (view !== null) {
    // What the totals lack would be taken for too much spent; what is reserved is compared with nothing.
    if (!isTerminal(view.job.status) || uncounted(view).length > 0) return;
    await chargeBudgets(view, true);
  }
  await accounts.release(jobId, dueMs);
}
