import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { dividedRounded, LEAST_PER_SAMPLE, meanDifference, quantile, type Sample } from "./welch.ts";

const between = (first: Sample, second: Sample) => meanDifference([[first, second]]);

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
  expect(between(few, many)).toEqual({
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

test.each([
  ["two samples", [[100, 9_000_000, 400, 1_000_000]], 8_000_000n],
  [
    "two strata",
    [
      [60, 9_000_000, 600, 1_000_000],
      [200, 30_000_000, 200, 20_000_000],
    ],
    8_500_000n,
  ],
] as const)(
  "the interval of %s holds the true difference about as often as it says, for amounts as skewed as money is",
  (_, strata, truth) => {
    // A fixed generator, so that the count is the same on every run.
    let state = 12_345n;
    const uniform = () => {
      state = (state * 6_364_136_223_846_793_005n + 1_442_695_040_888_963_407n) % 2n ** 64n;
      return (Number(state >> 11n) + 1) / 2 ** 53;
    };
    const draw = (n: number, mean: number) =>
      sampleOf(Array.from({ length: n }, () => BigInt(Math.round(-mean * Math.log(uniform())))));
    const runs = Array.from({ length: 1_000 }, () =>
      meanDifference(strata.map(([n, high, m, low]) => [draw(n, high), draw(m, low)])),
    );
    const held = runs.filter(
      (run) => run?.interval && run.interval.low <= truth && truth <= run.interval.high,
    );
    expect(held.length).toBeGreaterThan(925);
    expect(held.length).toBeLessThan(970);
  },
);

describe("of several strata", () => {
  test("the difference is that of each, weighted by its part of the second samples", () => {
    const [few, many] = [sampleOf(numbers(40, (i) => i + 100)), sampleOf(numbers(300, (i) => i))];
    const [other, rest] = [sampleOf(numbers(50, (i) => i * 7)), sampleOf(numbers(100, (i) => i * 3))];
    // 300 of 400 at 120.5 − 150.5 and 100 at 178.5 − 151.5.
    const both = meanDifference([
      [few, many],
      [other, rest],
    ]);
    expect(both?.difference).toBe(-16n);
    // Worked out apart: √(0.75²·(136.667/40 + 7525/300) + 0.25²·(10412.5/50 + 7575/100)) = 5.8122, 256.78 degrees of freedom.
    expect(both?.interval).toEqual({ low: -29n, high: -3n });
  });

  test("one and the same difference in all is found, however much the strata differ in level and in their parts", () => {
    const cheap = between(sampleOf(numbers(100, (i) => i % 7)), sampleOf(numbers(9_900, (i) => i % 7)));
    const level = (n: number, base: number) => sampleOf(numbers(n, (i) => base + (i % 7)));
    const both = meanDifference([
      [level(100, 0), level(9_900, 0)],
      [level(1_000, 1_000), level(1_000, 1_000)],
    ]);
    expect(cheap?.difference).toBe(0n);
    expect(both?.difference).toBe(0n);
    expect(both?.interval?.low).toBeLessThanOrEqual(0n);
    expect(both?.interval?.high).toBeGreaterThanOrEqual(0n);
  });

  test("one that is too small takes the interval of all, an empty sample the difference", () => {
    const [enough, few] = [sampleOf(numbers(30, (i) => i)), sampleOf(numbers(29, (i) => i))];
    const strata = (small: Sample) =>
      meanDifference([
        [enough, enough],
        [small, enough],
      ]);
    expect(strata(few)).toEqual({ difference: -0n, interval: null });
    expect(strata(sampleOf([]))).toBeNull();
    expect(meanDifference([])).toBeNull();
  });
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
    expect(between(enough, few)).toEqual({ difference: 1n, interval: null });
    expect(between(few, enough)).toEqual({ difference: -1n, interval: null });
    expect(between(enough, enough)?.interval).not.toBeNull();
    expect(between(sampleOf([]), enough)).toBeNull();
  });

  test("amounts that do not scatter are known to the last digit", () => {
    expect(between(constant(40, 7n), constant(30, 9n))).toEqual({
      ...{ difference: -2n, interval: { low: -2n, high: -2n } },
    });
  });

  test("large amounts that differ in their last digits alone keep these", () => {
    const base = 10n ** 18n;
    const of = (n: number, shift: bigint) =>
      sampleOf(numbers(n, (i) => i % 2).map((odd) => base + shift + 1_000n * odd));
    const { difference = 0n, interval = null } = between(of(100, 5_000n), of(100, 0n)) ?? {};
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
