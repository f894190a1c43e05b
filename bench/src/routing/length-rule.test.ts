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

/** All of them, without a thought. */
const EVERY_RULE = LENGTH_GRID.flatMap((lower, at) =>
  LENGTH_GRID.slice(at).flatMap((upper) =>
    Array.from({ length: 27 }, (_, code): LengthRule => {
      const classes = [code % 3, Math.floor(code / 3) % 3, Math.floor(code / 9)] as const;
      return { limits: [lower, upper], classes };
    }),
  ),
);

test("no rule over the grid is better than the fitted one", () => {
  const row = fc.tuple(fc.nat(2), fc.constantFrom(5, 10, 15, 25, 35, 300, 5_000));
  fc.assert(
    fc.property(fc.array(row, { minLength: 1, maxLength: 16 }), (rows) => {
      const labels = Uint8Array.from(rows, ([label]) => label);
      const lengthsUnits = Float64Array.from(rows, ([, units]) => units);
      const scored = (rule: LengthRule) => macroF1(labels, applyRule(rule, lengthsUnits));
      const best = EVERY_RULE.reduce((most, rule) => Math.max(most, scored(rule)), 0);
      expect(scored(fitRule({ labels, lengthsUnits }))).toBeCloseTo(best, 12);
    }),
    { numRuns: 12 },
  );
});
