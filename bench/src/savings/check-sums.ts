import { ARMS, type JobView } from "@switchyard/shared/contracts";
import type { Savings } from "@switchyard/shared/ledger";
import { formatUsd } from "@switchyard/shared/pricing";
import type { BillLine } from "@switchyard/simulator";

type Billed = Pick<BillLine, "jobId" | "model" | "inputTokens" | "outputTokens">;
type Drawn = Pick<JobView, "id" | "arm">;

/** Pico-dollars for a token of the prompt and of the answer, by the provider's name of a model, as in the shipped price book. */
const RATES: Readonly<Record<string, readonly [bigint, bigint]>> = {
  "sim-small": [150_000n, 600_000n],
  "sim-math": [550_000n, 2_190_000n],
  "sim-large": [3_000_000n, 15_000_000n],
  "as-terse-as-small": [3_000_000n, 15_000_000n],
};

/**
 * Prices the tokens that the provider counted, call by call, and holds what each side is said to have cost against it.
 * @throws Error when a side has another sum, or not all of its jobs.
 */
export function checkSums(given: {
  savings: Pick<Savings, "arms">;
  jobs: readonly Drawn[];
  bill: readonly Billed[];
}): void {
  const { savings, jobs, bill } = given;
  const costs = new Map<string, bigint>();
  for (const line of bill)
    costs.set(line.jobId ?? "none", (costs.get(line.jobId ?? "none") ?? 0n) + costOf(line));
  const problems = ARMS.flatMap((arm) => {
    const ids = jobs.filter((job) => job.arm === arm).map(({ id }) => id);
    const spent = formatUsd(ids.reduce((sum, id) => sum + (costs.get(id) ?? 0n), 0n));
    const said = savings.arms[arm];
    const isRight = said.jobs === ids.length && said.spend_usd === spent;
    return isRight ? [] : `${arm}: ${said.jobs} jobs at ${said.spend_usd}, billed ${ids.length} at ${spent}`;
  });
  const beside = jobs.filter(({ arm }) => arm === null).length;
  if (beside > 0) problems.push(`${beside} jobs are on neither side`);
  if (problems.length > 0) throw new Error(problems.join("\n"));
}

function costOf({ model, inputTokens, outputTokens }: Billed): bigint {
  const rates = RATES[model];
  if (rates === undefined) throw new Error(`${model} was called, which has no rate here`);
  return BigInt(inputTokens) * rates[0] + BigInt(outputTokens) * rates[1];
}
