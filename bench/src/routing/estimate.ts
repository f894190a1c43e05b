import { quantile } from "../rounds.ts";

/** A figure and its 95 % interval. All are null where the figure is undefined, the bounds also where too often it is. */
export interface Estimate {
  readonly value: number | null;
  readonly low: number | null;
  readonly high: number | null;
}

const TAIL = 0.025;

/**
 * Percentile interval: the 2.5 % and 97.5 % quantiles of the samples. Undefined samples (NaN) are left out; beyond 2.5 %
 * of them a bound of the interval would be theirs, so there is none.
 */
export function estimate(value: number, samples: readonly number[]): Estimate {
  if (!Number.isFinite(value)) return { value: null, low: null, high: null };
  const defined = samples.filter(Number.isFinite);
  const isBounded = defined.length > 0 && samples.length - defined.length <= TAIL * samples.length;
  if (!isBounded) return { value, low: null, high: null };
  return { value, low: quantile(defined, TAIL), high: quantile(defined, 1 - TAIL) };
}

/** `too few` also where the difference has no interval. */
export type Verdict = "better than" | "not better than" | "worse than" | "too few to compare with";

/** With fewer rows than these a bootstrap knows too few cases to bound anything. */
export const LEAST_ROWS = 30;

/** Better only if the whole interval of the difference lies on the better side of 0. */
export function judgeDifference(difference: Estimate, better: "higher" | "lower", rowCount: number): Verdict {
  const { low, high } = difference;
  if (rowCount < LEAST_ROWS || low === null || high === null) return "too few to compare with";
  const [least, most] = better === "higher" ? [low, high] : [-high, -low];
  if (least > ROUNDING) return "better than";
  return most < -ROUNDING ? "worse than" : "not better than";
}

/** Sums of the same numbers in another order may differ by so much. */
const ROUNDING = 1e-9;
