import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { readModel } from "../../../services/classifier/src/judge/model.ts";
import { rowOf } from "./__fixtures__/examples.ts";
import { readWrappings } from "./augment.ts";
import { reasonsAgainst } from "./compare.ts";
import { renderCard, withCard } from "./model-card.ts";
import { readTrainingFiles, type TrainingFile } from "./rows.ts";
import { type Results, trainClassifier } from "./train-classifier.ts";

const root = (path: string) => fileURLToPath(new URL(`../../../${path}`, import.meta.url));
const problems: string[] = [];
const KINDS = ["proofs-short", "very-short", "money-and-units", "everyday-how-to", "sql", "chat-german"];
const files = readTrainingFiles(
  KINDS.map((kind) => root(`training/prompts/${kind}.jsonl`)),
  problems,
  true,
);
const wrappings = readWrappings(root("training/wrappings.jsonl"), problems);
const injections = readWrappings(root("training/injections.jsonl"), problems).slice(0, 5);
const trainOn = (given: readonly TrainingFile[]) =>
  trainClassifier({ files: given, wrappings, injections, seed: 7, progress: () => {} });
const once = trainOn(files);

describe("training on the prompts of this repository alone", () => {
  test("needs nothing else, and nothing is wrong with them", () => expect(problems).toEqual([]));

  test("gives the same bytes twice", () => expect(trainOn(files).text).toBe(once.text));

  test("learns what holds for kinds it has not seen", () => {
    expect(once.results.total[0]?.scores.macroF1).toBeGreaterThan(0.55);
  });

  test("leaves out of the weights what forbids commercial use, and says how much", () => {
    const restricted = {
      name: "nc",
      digest: "0",
      rows: [rowOf("Who?", 2, { isCommercial: false, isOwn: true, source: "nc" })],
    };
    const { text, results } = trainOn([...files, restricted]);
    expect(results.restrictedRows).toBe(1);
    const weightsOf = (weights: string) => ({ ...JSON.parse(weights), trained_on: null });
    expect(weightsOf(text)).toEqual(weightsOf(once.text));
  });
});

describe("a candidate", () => {
  const present = readModel(once.text, "present");
  // Every label moved on by one: it learns as well, and wrongly.
  const wrong = trainOn(
    files.map((file) => ({
      ...file,
      rows: file.rows.map((row) => ({ ...row, label: (row.label + 1) % 3 })),
    })),
  );
  const heldOut = readTrainingFiles(
    ["puzzles-logic", "recipes-and-cooking", "personal-finance"].map((kind) =>
      root(`training/prompts/${kind}.jsonl`),
    ),
    [],
  );

  test("that is worse on rows held out is refused, with the figures", () => {
    const reasons = reasonsAgainst(wrong, present, heldOut);
    expect(reasons.join("\n")).toMatch(
      /macro-F1 on the rows held out is \d\.\d{4}, the present model.s \d\.\d{4}/,
    );
  });

  test("that is worse on sources left out is refused, with the figures", () => {
    const scores = Object.keys(present.scores).map((name) => [name, name.startsWith("macro") ? 0.999 : 0]);
    const better = readModel(
      JSON.stringify({ ...JSON.parse(once.text), scores: Object.fromEntries(scores) }),
      "better",
    );
    for (const held of [[], heldOut])
      expect(reasonsAgainst(once, better, held).join("\n")).toMatch(
        /macro-F1 of our own kinds.*the present model's 0\.9990/,
      );
  });

  test("that was trained on less is refused, naming what is missing", () => {
    const less = trainOn(files.slice(1));
    expect(reasonsAgainst(less, present, [])).toEqual([
      expect.stringMatching(
        /^proofs-short \(\d+ rows\), which the weights in place were trained on, is missing/,
      ),
    ]);
  });

  test("is not judged by rows that it was trained on, nor by too few", () => {
    expect(reasonsAgainst(once, present, [files[0] as TrainingFile])).toEqual([
      "proofs-short is held out and trained on at once",
    ]);
    const few = heldOut.map((file) => ({ ...file, rows: file.rows.slice(0, 9) }));
    expect(reasonsAgainst(once, present, few)[0]).toMatch(/at least 100 and of every class; there are 27/);
  });

  test("that is as good, or the first, is taken", () => {
    expect(reasonsAgainst(once, present, [])).toEqual([]);
    expect(reasonsAgainst(wrong, null, heldOut)).toEqual([]);
  });
});

describe("what is published", () => {
  const shipped = JSON.parse(readFileSync(root("services/classifier/model/weights.json"), "utf8"));
  const { command, ...results } = JSON.parse(
    readFileSync(root("training/results/leave-out.json"), "utf8"),
    revive,
  );

  test("the shipped weights were trained on the prompts as they are: else run npm run train:classifier", () => {
    for (const { name, digest } of files)
      expect(shipped.trained_on.files).toContainEqual(expect.objectContaining({ name, digest }));
  });

  test("results, weights and model card tell the same", () => {
    expect(results.files).toEqual(shipped.trained_on.files);
    expect(results.calibration).toEqual(shipped.calibration);
    const card = readFileSync(root("docs/classifier.md"), "utf8");
    expect(withCard(card, renderCard(results as Results, command))).toBe(card);
  });

  /** JSON has no NaN: shares of nothing are null. */
  function revive(_: string, value: unknown): unknown {
    return value === null ? Number.NaN : value;
  }
});
