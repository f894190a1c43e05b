import { isTerminal, type JobView } from "@switchyard/shared/contracts";
import type { JobRow } from "@switchyard/shared/ledger";

/** Nothing keeps a job that is called, or that ends. */
export function heldOf({
  held,
  status,
  failure,
}: Pick<JobRow, "held" | "status" | "failure">): JobView["held"] {
  const isOver = isTerminal(status) || status === "cancelling" || failure !== undefined;
  if (held === undefined || isOver) return null;
  const { reason, cause = null, budgetId, isOwn = false, resumeAt } = held;
  return {
    reason,
    cause,
    budget: isOwn ? (budgetId ?? null) : null,
    resumes_at: resumeAt === undefined ? null : new Date(resumeAt).toISOString(),
  };
}
