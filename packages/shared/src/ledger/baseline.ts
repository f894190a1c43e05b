import type { Usage } from "../contracts/index.ts";
import { priceUsage } from "../pricing/index.ts";
import { baselinePicoUsdOf } from "./adjustments.ts";
import type { AttemptRow, JobRow } from "./rows.ts";

/**
 * What the strongest model allowed for a job, at its price when the job was decided, would have cost for an answer of these
 * tokens, cached ones taken as cached. Undefined where there is no such model or it has no price for one of them.
 */
export function baselineOf({ decision }: JobRow, usage: Usage): bigint | undefined {
  const baseline = decision?.baseline;
  if (baseline === undefined || baseline === null) return undefined;
  const priced = priceUsage(baseline.price, usage);
  return "costPicoUsd" in priced ? priced.costPicoUsd : undefined;
}

/** The baseline of a job: the sum over the answers that it was given; undefined where none has one. */
export function baselineSum(attempts: readonly AttemptRow[]): bigint | undefined {
  const known = attempts.flatMap((attempt) => baselinePicoUsdOf(attempt) ?? []);
  return known.length === 0 ? undefined : known.reduce((sum, amount) => sum + amount, 0n);
}
