import { JOB_CLASSES, UNBOUNDED } from "@switchyard/shared/contracts";
import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { FEATURE_NAMES, FEATURES_VERSION } from "./features.ts";
import { chooseClass, movedClass, type OutcomeModel, outcomeModelOf } from "./outcome-model.ts";

const THRESHOLDS = { lower_at: 0.8, raise_below: 0.2 };
const modelOf = (chance: number): OutcomeModel => ({
  version: "outcome-x",
  thresholds: THRESHOLDS,
  chanceOf: () => chance,
});
const request = { messages: [{ role: "user", content: "x" }], bounds: UNBOUNDED };

test.each([
  ["COMPLEX", 0.8, "CALCULATION"],
  ["COMPLEX", 0.79, "COMPLEX"],
  ["COMPLEX", 0, "COMPLEX"],
  ["SIMPLE", 0.19, "COMPLEX"],
  ["CALCULATION", 0.19, "COMPLEX"],
  ["SIMPLE", 0.2, "SIMPLE"],
  ["CALCULATION", 1, "CALCULATION"],
] as const)("what is judged %s with a chance of %s goes to %s", (judged, chance, expected) => {
  expect(movedClass(judged, chance, THRESHOLDS)).toBe(expected);
});

test("a model that never raises leaves every cheaper class alone", () => {
  const never = { lower_at: 0.8, raise_below: null };
  for (const judged of ["SIMPLE", "CALCULATION"] as const) expect(movedClass(judged, 0, never)).toBe(judged);
});

test("a conversation is read once, however often it is asked about", () => {
  const weights = Object.fromEntries(FEATURE_NAMES.map((name) => [name, 1]));
  const { chanceOf } = outcomeModelOf({ ...THRESHOLDS, bias: 0, weights, version: "v" } as never);
  const read = vi.fn(() => "Hello!");
  const messages = [{ role: "user", content: "" }];
  Object.defineProperty(messages[0], "content", { get: read });
  const chance = chanceOf({ messages });
  const reads = read.mock.calls.length;
  expect(chanceOf({ messages })).toBe(chance);
  expect(read).toHaveBeenCalledTimes(reads);
});

describe("the class of a job", () => {
  test("is the judged one without a model and without bounds", () => {
    for (const judged of JOB_CLASSES) {
      expect(chooseClass(judged, request, undefined)).toEqual({ class: judged, reasons: [] });
    }
  });

  test("is moved by the model, with its version and chance as the reason", () => {
    expect(chooseClass("COMPLEX", request, modelOf(0.9))).toEqual({
      class: "CALCULATION",
      reasons: ["moved from COMPLEX to CALCULATION by outcome-x: a cheaper model does in 90.0 %"],
    });
  });

  test("lies within its bounds whatever the model says, and both are told", () => {
    const atLeast = { ...request, bounds: { min: "COMPLEX" as const, max: null } };
    expect(chooseClass("COMPLEX", atLeast, modelOf(0.9))).toEqual({
      class: "COMPLEX",
      reasons: [
        "moved from COMPLEX to CALCULATION by outcome-x: a cheaper model does in 90.0 %",
        "moved from CALCULATION to COMPLEX by min_class",
      ],
    });
    const atMost = { ...request, bounds: { min: null, max: "SIMPLE" as const } };
    expect(chooseClass("SIMPLE", atMost, modelOf(0)).class).toBe("SIMPLE");
  });
});

test("a chance is between 0 and 1 for any text and any weights", () => {
  const weight = fc.double({ min: -50, max: 50, noNaN: true });
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), weight, weight, (content, bias, each) => {
      const model = outcomeModelOf({
        format: "switchyard-outcome-model/1",
        version: "v",
        features_version: FEATURES_VERSION,
        ...THRESHOLDS,
        bias,
        weights: Object.fromEntries(FEATURE_NAMES.map((name) => [name, each])),
        trained: {},
      });
      const chance = model.chanceOf({ messages: [{ role: "user", content }] });
      expect(chance >= 0 && chance <= 1).toBe(true);
    }),
    { numRuns: 200 },
  );
});
