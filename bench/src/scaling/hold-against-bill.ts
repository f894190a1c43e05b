import type { AttemptView, JobView } from "@switchyard/shared/contracts";
import type { BillLine } from "@switchyard/simulator";

type Job = Pick<JobView, "id" | "status"> & { attempts: readonly Pick<AttemptView, "n" | "outcome">[] };
type Billed = Pick<BillLine, "attemptId" | "jobId">;

/** What became of the calls of jobs that have ended. */
export interface CallsKept {
  jobs: number;
  calls: number;
  /** Calls that were paid for and whose answer is not in the ledger, or of which nobody knows. */
  cut: number;
  /** Paid calls of a job beyond its first. */
  paidTwice: number;
  /** Jobs that ended otherwise than with an answer. */
  unanswered: number;
}

/** Holds the jobs against the provider's own bill. @throws Error for an answer that the provider has not billed. */
export function holdAgainstBill(jobs: readonly Job[], bill: readonly Billed[]): CallsKept {
  const outcomes = new Map<string, AttemptView["outcome"]>();
  for (const { id, attempts } of jobs)
    for (const { n, outcome } of attempts) outcomes.set(`${id}.${n}`, outcome);
  const billed = new Set(bill.map(({ attemptId }) => attemptId));
  const callsOf = new Map<string | null, number>();
  for (const { jobId } of bill) callsOf.set(jobId, (callsOf.get(jobId) ?? 0) + 1);
  const made = [...outcomes].filter(([, outcome]) => outcome === "settled");
  const unbilled = made.filter(([attemptId]) => !billed.has(attemptId));
  if (unbilled.length > 0) throw new Error(`answered and not billed: ${unbilled.join(", ")}`);
  const lost = bill.filter(({ attemptId }) => outcomes.get(attemptId ?? "") !== "settled");
  const unknown = [...outcomes].filter(([id, outcome]) => outcome === "unknown" && !billed.has(id));
  return {
    jobs: jobs.length,
    calls: bill.length,
    cut: lost.length + unknown.length,
    paidTwice: [...callsOf.values()].reduce((sum, calls) => sum + calls - 1, 0),
    unanswered: jobs.filter(({ status }) => status !== "succeeded").length,
  };
}
