import { createHash } from "node:crypto";
import type { AttemptView, JobView } from "@switchyard/shared/contracts";
import { formatUsd, parseUsd } from "@switchyard/shared/pricing";
import type { BillLine } from "@switchyard/simulator";

type Billed = Pick<BillLine, "attemptId" | "promptSha256" | "costPicoUsd">;
type Kind = AttemptView["kind"];

/**
 * Holds the attempts of all jobs against the provider's own bill: the same calls, each of the same kind and at the same
 * cost. Of what kind a line is follows from the bill alone: whoever was sent a job's own prompt was asked to answer
 * it, and anybody else was consulted. Answers how many calls were consultations.
 * @throws Error that names every call on which the two disagree.
 */
export function checkBill(
  jobs: readonly { input: string; job: Pick<JobView, "id" | "attempts"> }[],
  bill: readonly Billed[],
): number {
  const answered = new Set(jobs.map(({ input }) => createHash("sha256").update(input).digest("hex")));
  const kindOf = ({ promptSha256 }: Billed): Kind => (answered.has(promptSha256) ? "invoke" : "classify");
  const billed = bill.map(
    (line) => `${line.attemptId} ${kindOf(line)} ${formatUsd(BigInt(line.costPicoUsd))}`,
  );
  const booked = jobs.flatMap(({ job }) =>
    job.attempts.map(({ n, kind, cost_usd }) => {
      const cost = cost_usd === null ? "without cost" : formatUsd(parseUsd(cost_usd));
      return `${job.id}.${n} ${kind} ${cost}`;
    }),
  );
  const problems = [
    ...without(billed, booked).map((call) => `billed and not in the ledger: ${call}`),
    ...without(booked, billed).map((call) => `in the ledger and not billed: ${call}`),
  ];
  if (problems.length > 0) throw new Error(problems.join("\n"));
  return bill.filter((line) => kindOf(line) === "classify").length;
}

/** What is left of a list once each of the others has taken one equal item from it. */
function without(list: readonly string[], others: readonly string[]): string[] {
  const taken = new Map<string, number>();
  for (const other of others) taken.set(other, (taken.get(other) ?? 0) + 1);
  return list.filter((item) => {
    const left = taken.get(item) ?? 0;
    taken.set(item, left - 1);
    return left <= 0;
  });
}
