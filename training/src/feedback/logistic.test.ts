import { expect, test } from "vitest";
import { uniforms } from "../../../bench/src/random.ts";
import { fitLogistic, logLoss } from "./logistic.ts";

const chance = ({ bias, weights }: ReturnType<typeof fitLogistic>, row: Float64Array) =>
  1 / (1 + Math.exp(-weights.reduce((sum, weight, place) => sum + weight * (row[place] ?? 0), bias)));

test("finds the weights that drew the labels", () => {
  const next = uniforms(7);
  const rows = Array.from({ length: 8_000 }, () => Float64Array.from({ length: 3 }, next));
  const truth = { bias: -1, weights: Float64Array.from([3, -2, 0]) };
  const labels = rows.map((row) => next() < chance(truth, row));
  const fit = fitLogistic(rows, labels, 1e-6);
  expect(fit.bias).toBeCloseTo(-1, 0);
  [3, -2, 0].forEach((weight, place) => {
    expect(Math.abs((fit.weights[place] ?? 9) - weight)).toBeLessThan(0.3);
  });
});

test("is where the slope is 0: the mean chance is the share of ones, however strong the penalty", () => {
  const next = uniforms(3);
  const rows = Array.from({ length: 500 }, () => Float64Array.from({ length: 4 }, next));
  const labels = rows.map(() => next() < 0.3);
  for (const l2 of [1e-3, 0.1, 10]) {
    const fit = fitLogistic(rows, labels, l2);
    const mean = rows.reduce((sum, row) => sum + chance(fit, row), 0) / rows.length;
    expect(mean).toBeCloseTo(labels.filter(Boolean).length / rows.length, 4);
  }
});

test("a stronger penalty leaves smaller weights, and separable rows leave finite ones", () => {
  const rows = [0, 0.1, 0.9, 1].map((value) => Float64Array.of(value));
  const labels = [false, false, true, true];
  const [weak, strong] = [0.001, 1].map((l2) => Math.abs(fitLogistic(rows, labels, l2).weights[0] ?? 0));
  expect(weak).toBeGreaterThan(strong ?? 0);
  expect(Number.isFinite(weak)).toBe(true);
});

test("log-loss is 0 when sure and right, and finite when sure and wrong", () => {
  expect(logLoss([1, 0], [true, false])).toBeCloseTo(0);
  expect(logLoss([0.5], [true])).toBeCloseTo(Math.log(2));
  expect(logLoss([0], [true])).toBeLessThan(21);
});
