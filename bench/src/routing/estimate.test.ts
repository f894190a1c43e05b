import { expect, test } from "vitest";
import { estimate, judgeDifference } from "./estimate.ts";

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index);

test("the interval leaves 2.5 % of the samples out on either side", () => {
  expect(estimate(500, upTo(1_001))).toEqual({ value: 500, low: 25, high: 975 });
});

test("an undefined figure has no value, and too many undefined samples leave no interval", () => {
  expect(estimate(Number.NaN, [1, 2])).toEqual({ value: null, low: null, high: null });
  const undefinedSamples = (count: number) => [...upTo(1_000 - count), ...Array(count).fill(Number.NaN)];
  expect(estimate(1, undefinedSamples(25)).high).not.toBeNull();
  expect(estimate(1, undefinedSamples(26))).toEqual({ value: 1, low: null, high: null });
});

test.each([
  [{ value: 2, low: 1, high: 3 }, "higher", "better than"],
  [{ value: 2, low: -1, high: 3 }, "higher", "not better than"],
  [{ value: -2, low: -3, high: -1 }, "higher", "worse than"],
  [{ value: -2, low: -3, high: -1 }, "lower", "better than"],
  [{ value: 0, low: 0, high: 0 }, "higher", "not better than"],
  [{ value: 0, low: 0, high: 0 }, "lower", "not better than"],
  [{ value: 2, low: null, high: null }, "higher", "too few to compare with"],
] as const)("a difference of %o, where %s is better, is %s", (difference, better, verdict) => {
  expect(judgeDifference(difference, better, 1_000)).toBe(verdict);
});

test("with fewer than 30 rows nothing is better than anything", () => {
  expect(judgeDifference({ value: 2, low: 1, high: 3 }, "higher", 29)).toBe("too few to compare with");
  expect(judgeDifference({ value: 2, low: 1, high: 3 }, "higher", 30)).toBe("better than");
});
