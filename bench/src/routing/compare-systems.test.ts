import { expect, test } from "vitest";
import { compareSystems, type Sample, type Study } from "./compare-systems.ts";

const ROWS = 40;
/** The mean of values that belong to the rows. */
const meanOf = (of: (row: number, draw: number) => number, draws = 1) => ({
  draws,
  measure: ({ counts, draw }: Sample) => {
    const sum = counts.reduce((total, count, row) => total + count * of(row, draw), 0);
    return [sum / ROWS];
  },
});
const studyOf = (systems: Study["systems"]): Study => ({
  rowCount: ROWS,
  metrics: [{ name: "mean", better: "higher" }],
  systems,
  seed: 1,
  resamples: 500,
});
const noisy = (row: number) => (row * 37) % 101;

test("both sides see the same resamples: a constant lead has an interval of no width", () => {
  const { comparisons } = compareSystems(
    studyOf([
      { name: "router", ...meanOf((row) => noisy(row) + 3) },
      { name: "control", ...meanOf(noisy) },
    ]),
  );
  const [line] = comparisons;
  expect(line?.difference.value).toBeCloseTo(3, 9);
  expect(line?.difference.low).toBeCloseTo(3, 9);
  expect(line?.difference.high).toBeCloseTo(3, 9);
  expect(line?.says).toBe("better than control");
});

test("a system is not better than itself", () => {
  const { comparisons } = compareSystems(
    studyOf([
      { name: "router", ...meanOf(noisy) },
      { name: "twin", ...meanOf(noisy) },
    ]),
  );
  expect(comparisons.map(({ says }) => says)).toEqual(["not better than twin"]);
});

test("the standard error of a mean is the textbook's", () => {
  const { figures } = compareSystems(studyOf([{ name: "router", ...meanOf(noisy) }]));
  const values = Array.from({ length: ROWS }, (_, row) => noisy(row));
  const mean = values.reduce((sum, value) => sum + value, 0) / ROWS;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / ROWS;
  const { value, low, high } = figures["router"]?.["mean"] ?? { value: null, low: null, high: null };
  expect(value).toBeCloseTo(mean, 9);
  const expected = 2 * 1.96 * Math.sqrt(variance / ROWS);
  expect(((high ?? 0) - (low ?? 0)) / expected).toBeGreaterThan(0.85);
  expect(((high ?? 0) - (low ?? 0)) / expected).toBeLessThan(1.15);
});

test("a system that draws lots has the mean and the range of its draws", () => {
  const { figures } = compareSystems(
    studyOf([
      { name: "router", ...meanOf(noisy) },
      { name: "lots", ...meanOf((_, draw) => draw, 201) },
    ]),
  );
  expect(figures["lots"]?.["mean"]).toEqual({ value: 100, low: 5, high: 195 });
});

test("the same seed gives the same figures, another seed other intervals", () => {
  const run = (seed: number) => compareSystems({ ...studyOf([{ name: "router", ...meanOf(noisy) }]), seed });
  expect(run(3)).toEqual(run(3));
  expect(run(3)).not.toEqual(run(4));
});
