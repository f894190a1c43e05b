import { expect, test } from "vitest";
import { evaluateLabelled } from "./evaluate-labelled.ts";
import type { LabelledRow } from "./labelled-row.ts";
import type { Opinions } from "./subject.ts";

const OPTIONS = { seed: 1, resamples: 200, draws: 50 };

/** 120 rows, 60, 40 and 20 of the classes; neither length nor order tells the class. */
const ROWS = Array.from({ length: 120 }, (_, index): LabelledRow => {
  const label = index % 6 < 3 ? 0 : index % 6 < 5 ? 1 : 2;
  return {
    prompt: { messages: [] },
    label,
    lengthUnits: (index * 37) % 1_000,
    sourceGroup: index < 60 ? "first" : "second",
    language: index % 10 === 0 ? "de" : index < 110 ? "en" : null,
    slice: index < 12 ? "rare" : null,
  };
});

function opinionsOf(judged: (row: LabelledRow) => number, confidence = 1): Opinions {
  const classes = Uint8Array.from(ROWS, judged);
  const confidences = new Float64Array(ROWS.length).fill(confidence);
  return { version: "test", probabilities: "told", classes, confidences, needs: confidences };
}

const evaluate = (judged: (row: LabelledRow) => number, confidence?: number) =>
  evaluateLabelled({ rows: ROWS, opinions: opinionsOf(judged, confidence) }, OPTIONS);
const saysOf = ({ scores }: ReturnType<typeof evaluate>, metric: string) =>
  scores.comparisons.filter((line) => line.metric === metric).map(({ says }) => says);

test("an oracle scores as an oracle, and better than every control", () => {
  const evaluation = evaluate(({ label }) => label);
  const perfect = { value: 1, low: 1, high: 1 };
  expect(evaluation.scores.figures["router"]).toEqual({
    accuracy: perfect,
    "macro-F1": perfect,
    "COMPLEX to SIMPLE": { value: 0, low: 0, high: 0 },
  });
  expect(evaluation.ece).toEqual({ value: 0, low: 0, high: 0 });
  expect(evaluation.confusion.SIMPLE).toEqual({ SIMPLE: 60, CALCULATION: 0, COMPLEX: 0 });
  expect(evaluation.classes.COMPLEX).toEqual({ rows: 20, precision: perfect, recall: perfect, f1: perfect });
  expect(saysOf(evaluation, "macro-F1")).toEqual([
    "better than always SIMPLE (majority)",
    "better than always CALCULATION",
    "better than always COMPLEX",
    "better than random by class shares",
    "better than length, stated rule",
    "better than length, fitted in hindsight",
    "better than shuffled",
  ]);
});

test("a constant judge is not better than its own constant, nor than random or shuffled", () => {
  const evaluation = evaluate(() => 0, 0.6);
  expect(saysOf(evaluation, "accuracy")).toContain("not better than always SIMPLE (majority)");
  expect(saysOf(evaluation, "accuracy")).toContain("not better than shuffled");
  expect(saysOf(evaluation, "macro-F1")).not.toContain("better than random by class shares");
  // Half of the rows are SIMPLE, and 0.6 was promised.
  expect(evaluation.ece.value).toBeCloseTo(0.1, 9);
  expect(evaluation.scores.figures["router"]?.["COMPLEX to SIMPLE"]?.value).toBe(1);
});

test("shuffled decisions are right as often as their shares of the classes say", () => {
  const judged = Uint8Array.from(ROWS, (_, index) => (index % 4 === 0 ? 2 : 0));
  const evaluation = evaluateLabelled(
    { rows: ROWS, opinions: { ...opinionsOf(() => 0), classes: judged } },
    { ...OPTIONS, draws: 500 },
  );
  const expected = (90 / 120) * (60 / 120) + (30 / 120) * (20 / 120);
  expect(evaluation.scores.figures["shuffled"]?.["accuracy"]?.value).toBeCloseTo(expected, 1);
});

test("every group is scored on its own rows, and stated slices beside named ones", () => {
  const { groups } = evaluate(({ label, sourceGroup }) => (sourceGroup === "first" ? label : 2 - label));
  const summary = groups.source.map(({ name, rows, accuracy }) => ({ name, rows, value: accuracy.value }));
  expect(summary).toEqual([
    { name: "first", rows: 60, value: 1 },
    { name: "second", rows: 60, value: 1 / 3 },
  ]);
  expect(groups.language.map(({ name, rows }) => [name, rows])).toEqual([
    ["en", 99],
    ["de", 12],
  ]);
  const isShortComplex = ({ label, lengthUnits }: LabelledRow) => label === 2 && lengthUnits <= 80;
  expect(Object.fromEntries(groups.slice.map(({ name, rows }) => [name, rows]))).toEqual({
    rare: 12,
    "(not English)": 12,
    "(COMPLEX, up to 80 characters)": ROWS.filter(isShortComplex).length,
  });
});

test("a length rule may be fitted to other rows, which is said in its name", () => {
  const opinions = opinionsOf(({ label }) => label);
  const always = ROWS.map((row) => ({ ...row, label: 2 }));
  const { scores, lengthRules } = evaluateLabelled({ rows: ROWS, opinions, lengthTrain: always }, OPTIONS);
  expect(Object.keys(scores.figures)).toContain("length, fitted elsewhere");
  expect(lengthRules.fitted).toMatch(/^up to \d+ characters \w+, up to \d+ \w+, beyond COMPLEX$/);
});

test("one row is evaluated, and compared with nothing", () => {
  const rows = ROWS.slice(0, 1);
  const one = { classes: Uint8Array.of(0), confidences: Float64Array.of(0.9), needs: Float64Array.of(0.1) };
  const evaluation = evaluateLabelled({ rows, opinions: { ...opinionsOf(() => 0), ...one } }, OPTIONS);
  expect(evaluation.scores.figures["router"]?.["macro-F1"]).toEqual({ value: 1, low: 1, high: 1 });
  expect(evaluation.scores.comparisons.every(({ verdict }) => verdict === "too few to compare with")).toBe(
    true,
  );
  expect(evaluation.classes.COMPLEX.f1).toEqual({ value: null, low: null, high: null });
});
