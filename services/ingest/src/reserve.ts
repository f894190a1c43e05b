import type { Payer } from "@switchyard/shared/budgets";
import { asSwitchyardError, SwitchyardError } from "@switchyard/shared/errors";
import type { JobView } from "@switchyard/shared/ledger";
import { failpoint } from "@switchyard/shared/lifecycle";
import { formatUsd } from "@switchyard/shared/pricing";
import type { BudgetGuard, Cover, CoverRequest, Refused } from "@switchyard/shared/service";
import type { Logger } from "@switchyard/shared/telemetry";

/** A job that is to be accepted, and the most that it may cost as far as is known now. */
export interface Reservation {
  jobId: string;
  generation: number;
  payer: Payer;
  amountPicoUsd: bigint;
  /** The generation before it, which may have ended without having been charged: nobody else would do so any more. */
  ended?: JobView;
}

/**
 * Reserves what a job may cost under its budgets. Answers what is reserved; undefined where no budget is for the job, or
 * nobody can say now: then it is accepted all the same, because whoever makes its calls asks again. Made for one request.
 * @throws SwitchyardError BUDGET_EXCEEDED; QUEUE_UNAVAILABLE or LEDGER_UNAVAILABLE where an ended generation cannot be charged.
 */
export type Reserve = (job: Reservation) => Promise<bigint | undefined>;

export interface ReserveOptions {
  budgets: Pick<BudgetGuard, "cover" | "charge">;
  log: Logger;
}

/** No caller is kept waiting longer for budgets that are not answered for. */
const RESERVE_TIMEOUT_MS = 1_000;

/** Whoever did not answer once in a request is not asked again in it: it may have a thousand jobs. */
export function reserveWith({ budgets, log }: ReserveOptions): (signal: AbortSignal) => Reserve {
  async function coverAnew(ended: JobView, job: CoverRequest): Promise<Cover> {
    await budgets.charge(ended, true);
    return budgets.cover(job);
  }

  return (signal) => {
    let away: unknown = null;
    return async ({ ended, ...job }) => {
      try {
        if (away !== null) throw away;
        const asked = ended === undefined ? budgets.cover(job) : coverAnew(ended, job);
        const cover = await inTime(asked, signal);
        failpoint("ingest.afterReserve");
        if (cover === "covered") return job.amountPicoUsd;
        if (cover === "none" || cover.reason === "not_ready") return undefined;
        throw refused(cover, job);
      } catch (error) {
        if (asSwitchyardError(error).code === "BUDGET_EXCEEDED") throw error;
        if (away === null && ended === undefined)
          log.warn({ jobId: job.jobId, error }, "budget not asked; it is before the job's first call");
        away = error;
        if (ended !== undefined) throw error;
        return undefined;
      }
    };
  };
}

/** A budget that is not the caller's own is not named: others may depend on it. */
function refused(refusal: Refused, { amountPicoUsd }: Reservation) {
  const { budgetId, reason, isOwn, retryAfterMs } = refusal;
  const name = isOwn ? `budget ${budgetId}` : "a budget of the installation";
  const message = `${name} has no room for this job, which may cost up to ${formatUsd(amountPicoUsd)} USD: ${WHY[reason]}${roomText(refusal)}`;
  return new SwitchyardError("BUDGET_EXCEEDED", message, retryAfterMs === null ? {} : { retryAfterMs });
}

/** How much is left is for those to know whose budget it is. */
function roomText({ isOwn, leftPicoUsd = 0n }: Refused): string {
  if (leftPicoUsd === 0n) return "";
  const left = isOwn ? `${formatUsd(leftPicoUsd)} USD are left` : "some of it is left";
  return `, though ${left}: with a lower max_output_tokens or max_cost_usd it may fit`;
}

const WHY = {
  spent: "it is spent for now",
  reserved: "jobs in progress hold what is left of it",
  limit: "that is more than the budget ever has; lower max_output_tokens, or set max_cost_usd",
  not_ready: "what was spent is being looked up",
} as const;

function inTime<Answer>(work: Promise<Answer>, signal: AbortSignal): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const giveUp = () =>
      reject(new SwitchyardError("QUEUE_UNAVAILABLE", "the budgets did not answer in time"));
    const timer = setTimeout(giveUp, RESERVE_TIMEOUT_MS);
    signal.addEventListener("abort", giveUp, { once: true });
    work.then(resolve, reject).finally(() => {
      clearTimeout(timer);
      signal.removeEventListener("abort", giveUp);
    });
  });
}
