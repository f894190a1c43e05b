import { describe, expect, test } from "vitest";
import { uniforms } from "../random.ts";
import { evaluateOutcomes } from "./evaluate-outcomes.ts";
import type { OutcomeRow } from "./outcome-row.ts";
import type { Opinions } from "./subject.ts";

const OPTIONS = { seed: 1, resamples: 200, draws: 200 };

interface Scored {
  cheap: number;
  strong: number;
  lengthUnits?: number;
  costs?: readonly [cheap: number, strong: number];
}

function rowOf({ cheap, strong, lengthUnits = 10, costs }: Scored): OutcomeRow {
  const [cheapCost, strongCost] = costs ?? [null, null];
  return {
    prompt: { messages: [] },
    lengthUnits,
    cheap: { score: cheap, cost: cheapCost },
    strong: { score: strong, cost: strongCost },
  };
}

/** 400 questions; the cheap model fails at every fourth, the strong one at none. */
const next = uniforms(11);
const ROWS = Array.from({ length: 400 }, (_, index) =>
  rowOf({
    cheap: index % 4 === 0 ? 0 : 1,
    strong: 1,
    lengthUnits: Math.floor(next() * 500),
    costs: [1, 10],
  }),
);
const NEEDS = { SIMPLE: 0.1, CALCULATION: 0.5, COMPLEX: 0.9 };

function opinionsOf(
  rows: readonly OutcomeRow[],
  judge: (row: OutcomeRow, index: number) => keyof typeof NEEDS,
): Opinions {
  const names = rows.map(judge);
  return {
    version: "test",
    probabilities: "told",
    classes: Uint8Array.from(names, (name) => Object.keys(NEEDS).indexOf(name)),
    confidences: new Float64Array(rows.length).fill(0.8),
    needs: Float64Array.from(names, (name) => NEEDS[name]),
  };
}

function evaluate(
  judge: (row: OutcomeRow, index: number) => keyof typeof NEEDS,
  { rows = ROWS, calculation = "strong" as "cheap" | "strong" } = {},
) {
  return evaluateOutcomes({ rows, opinions: opinionsOf(rows, judge), calculation }, OPTIONS);
}
const saysOf = ({ scores }: ReturnType<typeof evaluate>, metric: string) =>
  scores.comparisons.filter((line) => line.metric === metric).map(({ says }) => says);
const oracle = ({ cheap }: OutcomeRow) => (cheap.score === 0 ? "COMPLEX" : "SIMPLE");

describe("an oracle", () => {
  const evaluation = evaluate(oracle);
  const router = evaluation.scores.figures["router"] ?? {};

  test("recovers the whole gap with the calls that it needs", () => {
    // A triangle up to a quarter of the calls, then all of the gap.
    expect(router["APGR"]?.value).toBeCloseTo(0.875, 9);
    expect(router["CPT(50 %)"]?.value).toBeCloseTo(0.125, 9);
    expect(router["CPT(80 %)"]?.value).toBeCloseTo(0.2, 9);
    // A quarter at 10, the rest at 1, of 10 each.
    expect(router["saved at equal quality"]?.value).toBeCloseTo(0.675, 9);
  });

  test("is at always-strong's quality as shipped, for less", () => {
    expect(router["strong calls"]?.value).toBe(0.25);
    expect(router["quality"]?.value).toBe(1);
    expect(router["PGR"]?.value).toBe(1);
    expect(router["cost"]?.value).toBeCloseTo(3.25, 9);
    expect(router["saved"]?.value).toBeCloseTo(0.675, 9);
    expect(evaluation.costs).toBe("as told by the file");
  });

  test("is better than every control that it can be better than", () => {
    expect(saysOf(evaluation, "APGR")).toEqual([
      "better than random",
      "better than length",
      "better than shuffled",
    ]);
    expect(saysOf(evaluation, "quality")).toEqual([
      "better than always cheap",
      "not better than always strong",
      "better than random",
      "better than length",
      "better than shuffled",
    ]);
  });

  test("has its inverse as a mirror image, worse than random", () => {
    const inverse = evaluate((row) => (oracle(row) === "SIMPLE" ? "COMPLEX" : "SIMPLE"));
    expect(inverse.scores.figures["router"]?.["APGR"]?.value).toBeCloseTo(0.125, 9);
    expect(saysOf(inverse, "APGR")).toContain("worse than random");
  });
});

test("a constant judge is random: not better than random, nor than shuffled", () => {
  for (const constant of ["SIMPLE", "CALCULATION", "COMPLEX"] as const) {
    const evaluation = evaluate(() => constant);
    expect(evaluation.scores.figures["router"]?.["APGR"]?.value).toBeCloseTo(0.5, 9);
    for (const metric of ["APGR", "CPT(50 %)", "quality"]) {
      expect(saysOf(evaluation, metric)).toContain("not better than random");
      expect(saysOf(evaluation, metric)).toContain("not better than shuffled");
    }
  }
});

test("what a saving finds in noise is compared with what the shuffled find, not with an expectation", () => {
  const evaluation = evaluate(oracle);
  for (const metric of ["saved at equal quality", "saved at 95 % of it"]) {
    expect(saysOf(evaluation, metric)).toEqual(["better than length", "better than shuffled"]);
  }
});

test("deciding at random is better than chance about as seldom as it should be", () => {
  const drawn = uniforms(5);
  const runs = Array.from({ length: 30 }, (_, seed) => {
    const rows = Array.from({ length: 100 }, () =>
      rowOf({
        cheap: drawn() < 0.5 ? 1 : 0,
        strong: drawn() < 0.8 ? 1 : 0,
        lengthUnits: Math.floor(drawn() * 500),
      }),
    );
    const opinions = opinionsOf(rows, () => (drawn() < 0.5 ? "SIMPLE" : "COMPLEX"));
    return evaluateOutcomes({ rows, opinions, calculation: "strong" }, { seed, resamples: 100, draws: 25 });
  });
  const lucky = runs.flatMap(({ scores }) =>
    scores.comparisons.filter(
      ({ control, verdict }) => control !== "always cheap" && verdict === "better than",
    ),
  );
  // 2.5 % on one side is what a 95 % interval promises; percentile intervals of 100 rows are a little narrower.
  const comparisons = runs.reduce((sum, { scores }) => sum + scores.comparisons.length, 0);
  expect(lucky.length / comparisons).toBeLessThan(0.04);
  expect(lucky.some(({ control }) => control === "shuffled")).toBe(false);
});

test("a judge that goes by length alone is not better than length", () => {
  const rows = ROWS.map((row, index) => ({ ...row, lengthUnits: index % 4 === 0 ? 200 + index : index }));
  const byLength = evaluate(({ lengthUnits }) => (lengthUnits > 200 ? "COMPLEX" : "SIMPLE"), { rows });
  expect(saysOf(byLength, "APGR")).toContain("better than random");
  expect(saysOf(byLength, "APGR").filter((says) => says.endsWith("length"))).not.toContain(
    "better than length",
  );
  expect(saysOf(byLength, "quality")).toContain("not better than length");
});

test("shuffled decisions are worth what random ones are, with the same share of calls", () => {
  const { figures } = evaluate(oracle).scores;
  expect(figures["shuffled"]?.["APGR"]?.value).toBeCloseTo(0.5, 1);
  expect(figures["shuffled"]?.["strong calls"]).toEqual({ value: 0.25, low: 0.25, high: 0.25 });
  expect(figures["random"]?.["quality"]?.value).toBeCloseTo(0.75 + 0.25 * 0.25, 9);
  expect(figures["shuffled"]?.["quality"]?.value).toBeCloseTo(0.75 + 0.25 * 0.25, 2);
});

test("always-cheap and always-strong stand in the table with what they cost", () => {
  const { figures } = evaluate(oracle).scores;
  const row = (name: string) =>
    ["strong calls", "quality", "PGR", "cost"].map((metric) => figures[name]?.[metric]?.value);
  expect(row("always cheap")).toEqual([0, 0.75, 0, 1]);
  expect(row("always strong")).toEqual([1, 1, 1, 10]);
  expect(figures["always strong"]?.["APGR"]?.value).toBeNull();
});

test("CALCULATION goes where it is told to", () => {
  const third = (_: OutcomeRow, index: number) => (index % 2 === 0 ? "CALCULATION" : "SIMPLE");
  const strongCalls = (calculation: "cheap" | "strong") =>
    evaluate(third, { calculation }).scores.figures["router"]?.["strong calls"]?.value;
  expect(strongCalls("strong")).toBe(0.5);
  expect(strongCalls("cheap")).toBe(0);
});

test("without costs a strong call counts one, and a cheap one nothing", () => {
  const rows = ROWS.map(({ cheap, strong }) => rowOf({ cheap: cheap.score, strong: strong.score }));
  const evaluation = evaluate(oracle, { rows });
  expect(evaluation.costs).toBe("calls to the strong model");
  expect(evaluation.scores.figures["router"]?.["saved"]?.value).toBeCloseTo(0.75, 9);
});

test("where the strong model is no better there is no gap, no PGR, and nothing compared by it", () => {
  const rows = ROWS.map(() => rowOf({ cheap: 1, strong: 1 }));
  const evaluation = evaluate(oracle, { rows });
  expect(evaluation.gap).toBeNull();
  expect(evaluation.scores.figures["router"]?.["APGR"]).toEqual({ value: null, low: null, high: null });
  expect(saysOf(evaluation, "APGR")).toEqual([]);
  expect(saysOf(evaluation, "quality")).toContain("not better than always cheap");
});
