/** Whole amounts of a sample, summed exactly: how many, their sum, and the sum of their squares. */
export interface Sample {
  n: number;
  sum: bigint;
  squares: bigint;
}

/** Fewer in a sample, and its mean is too far from normal for an interval: amounts of money are skewed. */
export const LEAST_PER_SAMPLE = 30;

export interface MeanDifference {
  /** Mean of the first sample less that of the second, to the nearest whole. */
  difference: bigint;
  /** Bounds of the 95 % confidence interval, rounded outwards; null with fewer than `LEAST_PER_SAMPLE` in one sample. */
  interval: { low: bigint; high: bigint } | null;
}

/**
 * The difference of the means of two independent samples, and Welch's 95 % confidence interval for it, which does not take it that
 * both scatter alike:
 *
 *     d ± t(0.975, ν) · √(s₁²/n₁ + s₂²/n₂),   ν = (s₁²/n₁ + s₂²/n₂)² / ((s₁²/n₁)²/(n₁−1) + (s₂²/n₂)²/(n₂−1))
 *
 * Of several strata it is the sum of their differences, each weighted by its part w of all in the second samples: what the second
 * would have come to on average as the first, less what it did. A stratum's s²/n are then weighted by w².
 *
 * B. L. Welch, "The generalization of 'Student's' problem when several different population variances are involved",
 * Biometrika 34 (1947), 28–35. The variances are exact fractions of the sums, so nothing cancels; floats begin with their
 * quotient, and are only in the width. Null where a sample has none.
 */
export function meanDifference(strata: readonly (readonly [Sample, Sample])[]): MeanDifference | null {
  const least = Math.min(...strata.flat().map(({ n }) => n));
  if (strata.length === 0 || least === 0) return null;
  const all = strata.reduce((sum, [, second]) => sum + second.n, 0);
  const parts = strata.flatMap(([first, second]) => {
    const weight = (second.n / all) ** 2;
    return [
      { variance: weight * varianceOfMean(first), freedom: first.n - 1 },
      { variance: weight * varianceOfMean(second), freedom: second.n - 1 },
    ];
  });
  const difference = weightedDifference(strata, BigInt(all));
  if (least < LEAST_PER_SAMPLE) return { difference, interval: null };
  const spread = parts.reduce((sum, { variance }) => sum + variance, 0);
  // Constants do not scatter, and have no degrees of freedom.
  if (spread === 0) return { difference, interval: { low: difference, high: difference } };
  const freedom = spread ** 2 / parts.reduce((sum, part) => sum + part.variance ** 2 / part.freedom, 0);
  const halfWidth = BigInt(Math.ceil(quantile(freedom) * Math.sqrt(spread))) + 1n;
  return { difference, interval: { low: difference - halfWidth, high: difference + halfWidth } };
}

/** (Σ m·Σx/n − Σ Σy) / Σ m over strata of n and m, exact until the last step. */
function weightedDifference(strata: readonly (readonly [Sample, Sample])[], all: bigint): bigint {
  const common = strata.reduce((product, [{ n }]) => product * BigInt(n), 1n);
  const above = strata.reduce(
    (sum, [first, second]) =>
      sum + (common / BigInt(first.n)) * BigInt(second.n) * first.sum - common * second.sum,
    0n,
  );
  return dividedRounded(above, common * all);
}

/** The nearest whole number, halves away from 0; the divisor is positive. */
export function dividedRounded(dividend: bigint, divisor: bigint): bigint {
  const half = dividend < 0n ? -divisor : divisor;
  return (2n * dividend + half) / (2n * divisor);
}

/** s²/n with s² = (n·Σx² − (Σx)²) / (n·(n − 1)). */
function varianceOfMean({ n, sum, squares }: Sample): number {
  const count = BigInt(n);
  return Number(count * squares - sum * sum) / Number(count * count * (count - 1n));
}

/** Of the standard normal distribution at 0.975. */
const NORMAL = 1.959963984540054;

/**
 * Student's t at 0.975: the expansion of Cornish and Fisher around the normal quantile, M. Abramowitz and I. Stegun, "Handbook of
 * Mathematical Functions", 26.7.5. From 29 degrees of freedom on it is off by less than 10⁻⁶; no interval has fewer.
 */
export function quantile(freedom: number): number {
  const x = NORMAL;
  const terms = [
    (x ** 3 + x) / 4,
    (5 * x ** 5 + 16 * x ** 3 + 3 * x) / 96,
    (3 * x ** 7 + 19 * x ** 5 + 17 * x ** 3 - 15 * x) / 384,
    (79 * x ** 9 + 776 * x ** 7 + 1482 * x ** 5 - 1920 * x ** 3 - 945 * x) / 92_160,
  ];
  return terms.reduce((sum, term, index) => sum + term / freedom ** (index + 1), x);
}
