import { isDeepStrictEqual } from "node:util";
import { type AdjustmentRow, type AttemptRow, adjustmentOf, type Ledger } from "@switchyard/shared/ledger";
import { priceUsage } from "@switchyard/shared/pricing";

/** What is wrong with a row by itself: its cost follows from its tokens and the price that it keeps. */
export function wrongInCall(attempt: AttemptRow): string[] {
  const { state, usage, estimate, price, costPicoUsd, serviceTier, totalsPlace } = attempt;
  if (state !== "settled") return [];
  const name = `${attempt.jobId} call ${attempt.n}`;
  if (totalsPlace === undefined) return [`${name} is settled and has no place in the totals`];
  // What was only estimated is in no sum.
  if (usage === undefined) return estimate === undefined ? [`${name} is settled and has no usage`] : [];
  const priced = priceUsage(price, usage, serviceTier);
  const expected = "costPicoUsd" in priced ? priced.costPicoUsd : undefined;
  if (expected === costPicoUsd) return [];
  return [
    `${name} costs ${costPicoUsd ?? "nothing known"}, its tokens at its price ${expected ?? "cannot be priced"}`,
  ];
}

/** What is wrong with an adjustment: all that it says follows from its attempt, the one before it and the price that it keeps. */
export async function wrongInAdjustment(
  { attempts, adjustments }: Pick<Ledger, "attempts" | "adjustments">,
  row: AdjustmentRow,
  tenant: string | undefined,
): Promise<string[]> {
  const { jobId, n, k } = row;
  const name = `${jobId} call ${n}, adjustment ${k},`;
  const attempt = await attempts.read(jobId, n);
  if (attempt === null) return [`${name} is of no call`];
  if ((tenant ?? attempt.tenant) !== attempt.tenant) return [];
  const before = k === 1 ? null : await adjustments.read(jobId, n, k - 1);
  if (k > 1 && before === null) return [`${name} has none before it`];
  const seen = before === null ? attempt : { ...attempt, adjustments: [before] };
  const expected = adjustmentOf(seen, row.price, row);
  if (expected !== null && isDeepStrictEqual(expected, row)) return [];
  return [
    `${name} costs ${row.costPicoUsd}, its tokens at its price ${expected?.costPicoUsd ?? "no other cost than before"}`,
  ];
}
