import { type Catalogue, unpricedPolicyOf } from "../catalogue/index.ts";
import { isTerminal } from "../contracts/index.ts";
import type { JobRow, Ledger } from "../ledger/index.ts";
import { type BudgetAccounts, type EventPublisher, later } from "../queues/index.ts";

/** A held job is looked at again after a minute at first, and then the more rarely the longer it waits: a price comes with a restart, or with its day. */
const FIRST_LOOK_MS = 60_000;
const MAX_LOOK_MS = 600_000;
/** Those that are held come apart by so much. */
const SPREAD_MS = 2_000;

interface HoldOptions {
  catalogue: Catalogue;
  ledger: Ledger;
  events: EventPublisher;
  /** Where what the job was thought to cost is reserved; without it, it stays. */
  budgets?: Pick<BudgetAccounts, "shrink">;
}

/**
 * Holds a job that only models without a price could take, where its tenant wants that: its row says so once, and the run
 * comes back until there is a price or the deadline has passed. It may wait for days, so that it keeps no budget from others:
 * its first call is covered before it is made. Answers where the job is not to be held.
 * @throws SwitchyardError ROW_CONFLICT: the run is to be repeated.
 */
export async function holdForPrice(
  { catalogue, ledger, events, budgets }: HoldOptions,
  job: JobRow,
): Promise<void> {
  if (unpricedPolicyOf(catalogue, job.tenant).policy !== "hold") return;
  if (isTerminal(job.status) || job.status === "cancelling" || job.dueStage === "settle") return;
  const isHeld = job.held?.reason === "price_unknown";
  if (!isHeld) {
    const isReleased = budgets !== undefined && job.attempts === 0 && job.reservedPicoUsd !== undefined;
    const moved = await ledger.jobs.hold(job, { reason: "price_unknown" }, { isReleased });
    // While Redis is away more stays reserved than the job needs, until it ends.
    if (moved !== null && isReleased) await budgets.shrink(job.jobId, 0n).catch(() => {});
    if (moved !== null) events.publish(moved);
  }
  const heldMs = isHeld ? ledger.now() - job.updatedAt : 0;
  const waitMs = Math.min(Math.max(heldMs, FIRST_LOOK_MS), MAX_LOOK_MS);
  throw later("the price of its model is not known yet", waitMs + Math.random() * SPREAD_MS);
}
