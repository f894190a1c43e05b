import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { dividedRounded, LEAST_PER_SAMPLE, meanDifference, quantile, type Sample } from "./welch.ts";

function sampleOf(values: readonly bigint[]): Sample {
  const sum = values.reduce((total, value) => total + value, 0n);
  return { n: values.length, sum, squares: values.reduce((total, value) => total + value * value, 0n) };
}

const numbers = (count: number, of: (index: number) => number) =>
  Array.from({ length: count }, (_, index) => BigInt(of(index + 1)));

test("the interval is the one that another implementation finds", () => {
  // Worked out apart, with t from its density by Simpson's rule: difference 279021.76, 39.9 degrees of freedom.
  const few = sampleOf(numbers(40, (i) => (i * i * 7_919) % 1_000_003));
  const many = sampleOf(numbers(300, (i) => (i * i * 104_729) % 300_007));
  expect(meanDifference(few, many)).toEqual({
    difference: 279_022n,
    interval: { low: 185_065n, high: 372_979n },
  });
});

test.each([
  [29, 2.045_229_642],
  [30, 2.042_272_456],
  [43.7, 2.015_758_422],
  [120, 1.979_930_405],
])("t for %d degrees of freedom is that of the tables", (freedom, t) => {
  expect(Math.abs(quantile(freedom) - t)).toBeLessThan(1e-6);
});

test("the interval holds the true difference about as often as it says, for amounts as skewed as money is", () => {
  // A fixed generator, so that the count is the same on every run.
  let state = 12_345n;
  const uniform = () => {
    state = (state * 6_364_136_223_846_793_005n + 1_442_695_040_888_963_407n) % 2n ** 64n;
    return (Number(state >> 11n) + 1) / 2 ** 53;
  };
  const draw = (n: number, mean: number) =>
    sampleOf(Array.from({ length: n }, () => BigInt(Math.round(-mean * Math.log(uniform())))));
  const runs = Array.from({ length: 1_000 }, () =>
    meanDifference(draw(100, 9_000_000), draw(400, 1_000_000)),
  );
  const held = runs.filter(
    (run) => run?.interval && run.interval.low <= 8_000_000n && 8_000_000n <= run.interval.high,
  );
  expect(held.length).toBeGreaterThan(925);
  expect(held.length).toBeLessThan(970);
});

describe("the edges", () => {
  const constant = (n: number, value: bigint): Sample => ({
    n,
    sum: BigInt(n) * value,
    squares: BigInt(n) * value ** 2n,
  });

  test("fewer than 30 in a sample have a difference and no interval, none have neither", () => {
    const enough = sampleOf(numbers(LEAST_PER_SAMPLE, (i) => i));
    const few = sampleOf(numbers(LEAST_PER_SAMPLE - 1, (i) => i));
    expect(meanDifference(enough, few)).toEqual({ difference: 1n, interval: null });
    expect(meanDifference(few, enough)).toEqual({ difference: -1n, interval: null });
    expect(meanDifference(enough, enough)?.interval).not.toBeNull();
    expect(meanDifference(sampleOf([]), enough)).toBeNull();
  });

  test("amounts that do not scatter are known to the last digit", () => {
    expect(meanDifference(constant(40, 7n), constant(30, 9n))).toEqual({
      ...{ difference: -2n, interval: { low: -2n, high: -2n } },
    });
  });

  test("large amounts that differ in their last digits alone keep these", () => {
    const base = 10n ** 18n;
    const of = (n: number, shift: bigint) =>
      sampleOf(numbers(n, (i) => i % 2).map((odd) => base + shift + 1_000n * odd));
    const { difference = 0n, interval = null } = meanDifference(of(100, 5_000n), of(100, 0n)) ?? {};
    expect(difference).toBe(5_000n);
    expect(interval?.low).toBeGreaterThan(4_800n);
    expect(interval?.high).toBeLessThan(5_200n);
  });
});

test("a quotient is rounded to the nearest whole, a half away from 0", () => {
  expect([7n, 5n, -5n, -7n, 4n].map((dividend) => dividedRounded(dividend, 2n))).toEqual([
    4n,
    3n,
    -3n,
    -4n,
    2n,
  ]);
  fc.assert(
    fc.property(fc.bigInt(), fc.bigInt({ min: 1n }), (dividend, divisor) => {
      const off = dividedRounded(dividend, divisor) * divisor - dividend;
      expect(2n * (off < 0n ? -off : off)).toBeLessThanOrEqual(divisor);
    }),
  );
});
