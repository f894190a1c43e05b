import fc from "fast-check";
import { expect, test } from "vitest";
import { bounded, type ClassBounds, isAbove, narrower, UNBOUNDED } from "./class-bounds.ts";
import { JOB_CLASSES } from "./job-class.ts";

const anyClass = fc.constantFrom(...JOB_CLASSES);
const bound = fc.option(anyClass, { nil: null });
const anyBounds: fc.Arbitrary<ClassBounds> = fc.record({ min: bound, max: bound });
const isEmpty = ({ min, max }: ClassBounds) => min !== null && max !== null && isAbove(min, max);

test("SIMPLE is below CALCULATION, and that below COMPLEX", () => {
  const order = JOB_CLASSES.flatMap((left) => JOB_CLASSES.map((right) => isAbove(left, right)));
  expect(order).toEqual([false, false, false, true, false, false, true, true, false]);
});

test.each([
  ["SIMPLE", { min: "COMPLEX", max: null }, "COMPLEX", "min_class"],
  ["COMPLEX", { min: null, max: "SIMPLE" }, "SIMPLE", "max_class"],
  ["COMPLEX", { min: "SIMPLE", max: "CALCULATION" }, "CALCULATION", "max_class"],
  ["CALCULATION", { min: "CALCULATION", max: "CALCULATION" }, "CALCULATION", null],
  ["SIMPLE", UNBOUNDED, "SIMPLE", null],
] as const)("%s within %o is %s, by %s", (judged, bounds, expected, by) => {
  expect(bounded(judged, bounds)).toEqual({ class: expected, by });
});

test("what is bounded lies within the bounds, and whatever lies there is left alone", () => {
  fc.assert(
    fc.property(anyClass, anyBounds, (judged, bounds) => {
      fc.pre(!isEmpty(bounds));
      const { class: found, by } = bounded(judged, bounds);
      if (bounds.min !== null) expect(isAbove(bounds.min, found)).toBe(false);
      if (bounds.max !== null) expect(isAbove(found, bounds.max)).toBe(false);
      expect(bounded(found, bounds)).toEqual({ class: found, by: null });
      expect(by === null).toBe(found === judged);
    }),
  );
});

test("two pairs of bounds together allow exactly what both allow", () => {
  const allows = (bounds: ClassBounds, jobClass: (typeof JOB_CLASSES)[number]) =>
    (bounds.min === null || !isAbove(bounds.min, jobClass)) &&
    (bounds.max === null || !isAbove(jobClass, bounds.max));
  fc.assert(
    fc.property(anyBounds, anyBounds, anyClass, (left, right, jobClass) => {
      expect(allows(narrower(left, right), jobClass)).toBe(allows(left, jobClass) && allows(right, jobClass));
    }),
  );
});
