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
 * B. L. Welch, "The generalization of 'Student's' problem when several different population variances are involved",
 * Biometrika 34 (1947), 28–35. The variances are exact fractions of the sums, so nothing cancels; floats begin with their
 * quotient, and are only in the width. Null for the difference of nothing.
 */
export function meanDifference(first: Sample, second: Sample): MeanDifference | null {
  if (first.n === 0 || second.n === 0) return null;
  const [n, m] = [BigInt(first.n), BigInt(second.n)];
  const above = first.sum * m - second.sum * n;
  const difference = dividedRounded(above, n * m);
  if (Math.min(first.n, second.n) < LEAST_PER_SAMPLE) return { difference, interval: null };
  const u = varianceOfMean(first);
  const v = varianceOfMean(second);
  const spread = u + v;
  // Two constants do not scatter, and have no degrees of freedom.
  const freedom = spread ** 2 / (u ** 2 / (first.n - 1) + v ** 2 / (second.n - 1));
  const halfWidth = spread === 0 ? 0n : BigInt(Math.ceil(quantile(freedom) * Math.sqrt(spread)));
  const [low, high] = [difference - halfWidth - 1n, difference + halfWidth + 1n];
  return { difference, interval: spread === 0 ? { low: difference, high: difference } : { low, high } };
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
