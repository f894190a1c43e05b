import fc from "fast-check";
import { expect, test } from "vitest";
import {
  accuracyOf,
  classScore,
  complexToSimpleOf,
  confusionOf,
  ECE_BINS,
  eceOf,
  macroF1Of,
  namedConfusion,
} from "./class-scores.ts";

const once = (count: number) => new Uint16Array(count).fill(1);
const bytes = (values: readonly number[]) => Uint8Array.from(values);
const confusionFrom = (labels: readonly number[], judged: readonly number[]) =>
  confusionOf(bytes(labels), bytes(judged), once(labels.length));

// SIMPLE: 2 right, 1 to COMPLEX. CALCULATION: 1 right. COMPLEX: 1 right, 1 to SIMPLE.
const byHand = confusionFrom([0, 0, 0, 1, 2, 2], [0, 0, 2, 1, 2, 0]);

test("scores are those computed by hand", () => {
  expect(accuracyOf(byHand)).toBeCloseTo(4 / 6, 12);
  expect(classScore(byHand, 0)).toEqual({ precision: 2 / 3, recall: 2 / 3, f1: 4 / 6, rows: 3 });
  expect(classScore(byHand, 1)).toEqual({ precision: 1, recall: 1, f1: 1, rows: 1 });
  expect(classScore(byHand, 2)).toEqual({ precision: 1 / 2, recall: 1 / 2, f1: 1 / 2, rows: 2 });
  expect(macroF1Of(byHand)).toBeCloseTo((2 / 3 + 1 + 1 / 2) / 3, 12);
  expect(complexToSimpleOf(byHand)).toBe(1 / 2);
  expect(namedConfusion(byHand).SIMPLE).toEqual({ SIMPLE: 2, CALCULATION: 0, COMPLEX: 1 });
});

test("macro-F1 is over the classes that rows have; a wrong class still costs recall", () => {
  expect(macroF1Of(confusionFrom([2, 2], [2, 0]))).toBeCloseTo(2 / 3, 12);
  expect(complexToSimpleOf(confusionFrom([0], [0]))).toBeNaN();
});

test("a row that counts twice is two rows", () => {
  const cells = fc.tuple(fc.nat(2), fc.nat(2), fc.integer({ min: 0, max: 3 }));
  fc.assert(
    fc.property(fc.array(cells, { maxLength: 30 }), (rows) => {
      const counted = confusionOf(
        bytes(rows.map(([label]) => label)),
        bytes(rows.map(([, judged]) => judged)),
        Uint16Array.from(rows, ([, , count]) => count),
      );
      const repeated = rows.flatMap((row) => Array.from({ length: row[2] }, () => row));
      expect(counted).toEqual(
        confusionFrom(
          repeated.map(([label]) => label),
          repeated.map(([, judged]) => judged),
        ),
      );
    }),
  );
});

test("ECE is that computed by hand: bins weigh by their rows", () => {
  // Bin (0.8, 0.867]: confidence 0.82 and 0.86, one of two right. Bin (0.4, 0.467]: 0.45, right.
  const ece = eceOf(Float64Array.from([0.82, 0.86, 0.45]), bytes([1, 0, 1]), once(3));
  expect(ece).toBeCloseTo((2 / 3) * Math.abs(0.5 - 0.84) + (1 / 3) * (1 - 0.45), 12);
});

test("confidences on a bound belong to the bin below it, and 0 and 1 have bins", () => {
  const inOneBin = eceOf(Float64Array.from([1 / ECE_BINS, 0.01]), bytes([0, 1]), once(2));
  expect(inOneBin).toBeCloseTo(Math.abs(1 - (1 / ECE_BINS + 0.01)) / 2, 12);
  expect(eceOf(Float64Array.from([0, 1]), bytes([0, 1]), once(2))).toBe(0);
});

test("ECE equals the textbook's sum over bins", () => {
  const row = fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(1), fc.integer({ min: 0, max: 3 }));
  fc.assert(
    fc.property(fc.array(row, { minLength: 1, maxLength: 40 }), (rows) => {
      const all = rows.flatMap(([confidence, right, count]) =>
        Array.from({ length: count }, () => ({ confidence, right })),
      );
      fc.pre(all.length > 0);
      let expected = 0;
      for (let bin = 0; bin < ECE_BINS; bin += 1) {
        const inside = all.filter(
          ({ confidence }) => Math.max(0, Math.ceil(confidence * ECE_BINS) - 1) === bin,
        );
        if (inside.length === 0) continue;
        const accuracy = inside.filter(({ right }) => right === 1).length / inside.length;
        const mean = inside.reduce((sum, { confidence }) => sum + confidence, 0) / inside.length;
        expected += (inside.length / all.length) * Math.abs(accuracy - mean);
      }
      const columns = [
        Float64Array.from(rows, ([confidence]) => confidence),
        bytes(rows.map(([, right]) => right)),
        Uint16Array.from(rows, ([, , count]) => count),
      ] as const;
      expect(eceOf(...columns)).toBeCloseTo(expected, 9);
    }),
  );
});
