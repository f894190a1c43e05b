import { type Catalogue, unpricedPolicyOf } from "../catalogue/index.ts";
import { isTerminal } from "../contracts/index.ts";
import type { JobRow, Ledger } from "../ledger/index.ts";
import { type EventPublisher, later } from "../queues/index.ts";

/** A held job is looked at again so often: the price may have come with a restart. */
const LOOK_MS = 60_000;
/** Those that are held come apart by so much. */
const SPREAD_MS = 2_000;

/**
 * Holds a job that only models without a price could take, where its tenant wants that: its row says so once, and the run
 * comes back until there is a price or the deadline has passed. Answers where the job is not to be held.
 * @throws SwitchyardError ROW_CONFLICT: the run is to be repeated.
 */
export async function holdForPrice(
  { catalogue, ledger, events }: { catalogue: Catalogue; ledger: Ledger; events: EventPublisher },
  job: JobRow,
): Promise<void> {
  if (unpricedPolicyOf(catalogue, job.tenant).policy !== "hold") return;
  if (isTerminal(job.status) || job.status === "cancelling" || job.dueStage === "settle") return;
  if (job.held?.reason !== "price_unknown") {
    const moved = await ledger.jobs.hold(job, { reason: "price_unknown" });
    if (moved !== null) events.publish(moved);
  }
  throw later("the price of its model is not known yet", LOOK_MS + Math.random() * SPREAD_MS);
}
