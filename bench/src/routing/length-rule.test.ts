import fc from "fast-check";
import { expect, test } from "vitest";
import { confusionOf, macroF1Of } from "./class-scores.ts";
import { applyRule, fitRule, LENGTH_GRID, type LengthRule, ruleInWords, STATED_RULE } from "./length-rule.ts";

const macroF1 = (labels: Uint8Array, judged: Uint8Array) =>
  macroF1Of(confusionOf(labels, judged, new Uint16Array(labels.length).fill(1)));

test("a limit belongs to the band below it", () => {
  expect([...applyRule(STATED_RULE, Float64Array.from([0, 80, 81, 320, 321]))]).toEqual([0, 0, 1, 1, 2]);
  expect(ruleInWords(STATED_RULE)).toBe("up to 80 characters SIMPLE, up to 320 CALCULATION, beyond COMPLEX");
});

test("where length tells the class, the fitted rule finds it", () => {
  const lengthsUnits = Float64Array.from([5, 15, 200, 300, 2_000, 3_000]);
  const labels = Uint8Array.from([2, 2, 0, 0, 1, 1]);
  expect(applyRule(fitRule({ labels, lengthsUnits }), lengthsUnits)).toEqual(labels);
});

test("no rule over the grid is better than the fitted one", () => {
  const row = fc.tuple(fc.nat(2), fc.integer({ min: 0, max: 5_000 }));
  const rule = fc
    .tuple(fc.constantFrom(...LENGTH_GRID), fc.constantFrom(...LENGTH_GRID), fc.nat(2), fc.nat(2), fc.nat(2))
    .map(([a, b, ...classes]): LengthRule => ({ limits: [Math.min(a, b), Math.max(a, b)], classes }));
  fc.assert(
    fc.property(fc.array(row, { minLength: 1, maxLength: 30 }), rule, (rows, other) => {
      const labels = Uint8Array.from(rows, ([label]) => label);
      const lengthsUnits = Float64Array.from(rows, ([, units]) => units);
      const fitted = macroF1(labels, applyRule(fitRule({ labels, lengthsUnits }), lengthsUnits));
      expect(macroF1(labels, applyRule(other, lengthsUnits))).toBeLessThanOrEqual(fitted + 1e-12);
    }),
  );
});
