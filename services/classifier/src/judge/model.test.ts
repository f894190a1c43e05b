import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { FEATURE_NAMES, FEATURES_VERSION } from "./features.ts";
import { localJudge } from "./judge.ts";
import { readModel } from "./model.ts";

const SHIPPED = readFileSync(new URL("../../model/weights.json", import.meta.url), "utf8");
const changed = (change: object) => JSON.stringify({ ...JSON.parse(SHIPPED), ...change });
const refused = (message: RegExp) =>
  expect.objectContaining({ code: "CONFIG_INVALID", message: expect.stringMatching(message) });

describe("a weights file", () => {
  test.each<[what: string, text: string, message: RegExp]>([
    ["no JSON", "{", /^w\.json: is not JSON/],
    ["a part missing", changed({ trees: undefined }), /^w\.json: trees:/],
    ["a part too many", changed({ luck: 1 }), /^w\.json: .*luck/],
    ["other features", changed({ features: "features-0" }), /fitted to features-0, this is .*; train again/],
    [
      "weights for fewer features",
      changed({ linear: { ...JSON.parse(SHIPPED).linear, features: "AAAAAA==" } }),
      /another number of features/,
    ],
    [
      "values cut short",
      changed({ trees: { ...JSON.parse(SHIPPED).trees, value: "AAAAAA==" } }),
      /its trees are not whole/,
    ],
    [
      "a tree without an end",
      changed({ trees: { ...JSON.parse(SHIPPED).trees, starts: [0, 0, 0] } }),
      /its trees are not whole/,
    ],
    [
      "what is no number",
      changed({
        linear: {
          ...JSON.parse(SHIPPED).linear,
          features: Buffer.alloc(FEATURE_NAMES.length * 12, 0xff).toString("base64"),
        },
      }),
      /holds what is no number/,
    ],
  ])("with %s is refused, naming it", (_, text, message) => {
    expect(() => readModel(text, "w.json")).toThrow(refused(message));
  });

  test("gives a version that changes with its content", () => {
    const { version } = readModel(SHIPPED, "w.json");
    expect(version).toMatch(/^local-[0-9a-f]{12}$/);
    expect(readModel(SHIPPED, "elsewhere.json").version).toBe(version);
    expect(readModel(changed({ costs: [1, 1, 2] }), "w.json").version).not.toBe(version);
  });

  test("stays below 1 MB", () => expect(SHIPPED.length).toBeLessThan(1_000_000));
});

test("the shipped weights are for these features", () => {
  expect(JSON.parse(SHIPPED).features).toBe(FEATURES_VERSION);
});

test("a class that costs more to miss is chosen more readily, at the same probabilities", () => {
  const asked = { messages: [{ role: "user", content: "Should my bakery open a second shop?" }] };
  const one = localJudge(readModel(changed({ costs: [1, 1, 1] }), "w")).judge(asked);
  const dear = localJudge(readModel(changed({ costs: [1, 1, 1_000] }), "w")).judge(asked);
  expect(dear.class).toBe("COMPLEX");
  expect(dear.probabilities).toEqual(one.probabilities);
  expect(dear.confidence).toBe(dear.probabilities.COMPLEX);
});

test("reasons tell their weight, strongest first, and the wording last, whose words cannot be told", () => {
  const { reasons } = localJudge().judge({ messages: [{ role: "user", content: "Prove that 7 is prime." }] });
  const signals = reasons.slice(1).filter((reason) => !reason.startsWith("its wording"));
  const leads = signals.map((reason) => Number(/ \+(\d+\.\d\d)$/.exec(reason)?.[1]));
  expect(leads.length).toBeGreaterThan(2);
  expect(leads).toEqual(leads.toSorted((left, right) => right - left));
  expect(reasons.join()).toContain("asks for a proof");
  expect(reasons.findIndex((reason) => reason.startsWith("its wording"))).toBe(reasons.length - 1);
});
