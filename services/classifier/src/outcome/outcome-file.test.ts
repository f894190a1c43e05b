import { describe, expect, test } from "vitest";
import { FEATURE_NAMES, FEATURES_VERSION, featuresOf } from "./features.ts";
import { type OutcomeContent, outcomeFileOf, readOutcomeFile } from "./outcome-file.ts";

const CONTENT: OutcomeContent = {
  format: "switchyard-outcome-model/1",
  features_version: FEATURES_VERSION,
  lower_at: 0.8,
  raise_below: 0.2,
  bias: -0.5,
  weights: Object.fromEntries(FEATURE_NAMES.map((name, index) => [name, index / 7])),
  trained: { jobs: 400 },
};
const refused = (message: RegExp) =>
  expect.objectContaining({ code: "CONFIG_INVALID", message: expect.stringMatching(message) });

describe("a model's file", () => {
  test("is read as it was written, and is the same bytes for the same content", () => {
    const { version, text } = outcomeFileOf(CONTENT);
    expect(readOutcomeFile(text, "f")).toEqual({ version, ...CONTENT });
    expect(outcomeFileOf(structuredClone(CONTENT)).text).toBe(text);
    expect(version).toMatch(/^outcome-[0-9a-f]{12}$/);
  });

  test("may be formatted anew", () => {
    const { version, text } = outcomeFileOf(CONTENT);
    const { digest, ...rest } = JSON.parse(text);
    expect(readOutcomeFile(JSON.stringify({ digest, ...rest }), "f").version).toBe(version);
  });

  test.each<[what: string, change: object]>([
    ["a weight", { weights: { ...CONTENT.weights, [FEATURE_NAMES[0] ?? ""]: 9 } }],
    ["a threshold", { lower_at: 0.1 }],
    ["the bias", { bias: 3 }],
    ["what it was trained on", { trained: { jobs: 4_000 } }],
    ["its version", { version: "outcome-000000000000" }],
    ["its digest", { digest: "0".repeat(64) }],
  ])("is refused once %s was changed", (_, change) => {
    const changed = JSON.stringify({ ...JSON.parse(outcomeFileOf(CONTENT).text), ...change });
    expect(() => readOutcomeFile(changed, "models/x.json")).toThrow(refused(/^models\/x\.json: was changed/));
  });

  test.each<[what: string, content: OutcomeContent]>([
    ["other features", { ...CONTENT, features_version: "features-0" }],
    [
      "one feature less",
      { ...CONTENT, weights: Object.fromEntries(Object.entries(CONTENT.weights).slice(1)) },
    ],
    ["a feature that we do not know", { ...CONTENT, weights: { ...CONTENT.weights, luck: 1 } }],
    ["no features", { ...CONTENT, weights: {} }],
  ])("that is for %s is refused, and says to train again", (_, content) => {
    expect(() => readOutcomeFile(outcomeFileOf(content).text, "f")).toThrow(refused(/train again$/));
  });

  test.each(["", "null", "[]", "{}", "{", '{"format":"switchyard-outcome-model/2"}'])(
    "is not what %j is",
    (text) => {
      expect(() => readOutcomeFile(text, "f")).toThrow(refused(/is no file of an outcome model/));
    },
  );

  test.each<[what: string, change: object]>([
    ["a threshold above 1", { lower_at: 1.01 }],
    ["a threshold below 0", { raise_below: -0.1 }],
    ["a weight in text", { weights: { ...CONTENT.weights, [FEATURE_NAMES[0] ?? ""]: "1" } }],
    ["a field that is not known", { code: "x" }],
  ])("with %s is refused", (_, change) => {
    const changed = JSON.stringify({ ...JSON.parse(outcomeFileOf(CONTENT).text), ...change });
    expect(() => readOutcomeFile(changed, "f")).toThrow(refused(/is no file of an outcome model/));
  });
});

describe("features", () => {
  test("have names of their own, and a value of 0 to 1 each", () => {
    expect(new Set(FEATURE_NAMES).size).toBe(FEATURE_NAMES.length);
    for (const content of [
      "",
      "What is 17 * 23?",
      "Prove that √2 is irrational.",
      "\ud800",
      "x\n".repeat(9_000),
    ]) {
      const features = featuresOf({ messages: [{ role: "user", content }] });
      expect(features).toHaveLength(FEATURE_NAMES.length);
      for (const value of features) expect(value >= 0 && value <= 1).toBe(true);
    }
  });
});
