import { permutation, uniforms } from "../../../bench/src/random.ts";
import { applyRule, fitRule, STATED_RULE } from "../../../bench/src/routing/length-rule.ts";
import { augmented, type Wrapping } from "./augment.ts";
import { type Calibration, calibrate } from "./calibrate.ts";
import { trainEnsemble } from "./ensemble.ts";
import { type Example, exampleOf } from "./examples.ts";
import { type Steering, summed } from "./injections.ts";
import { leaveOut } from "./leave-out.ts";
import type { TrainingFile, TrainingRow } from "./rows.ts";
import { type Judged, judgeAll, type Scores, scoresOf } from "./scores.ts";
import { weightsText } from "./weights-text.ts";

export interface TrainingOptions {
  readonly files: readonly TrainingFile[];
  readonly wrappings: readonly Wrapping[];
  readonly injections: readonly Wrapping[];
  readonly seed: number;
  readonly progress: (line: string) => void;
}

export interface Group {
  readonly name: string;
  readonly scores: Scores;
}

export interface TrainedClassifier {
  /** The text of the weights file. */
  readonly text: string;
  readonly results: Results;
}

/** All that is published about a training. */
export interface Results {
  readonly seed: number;
  readonly weightsBytes: number;
  readonly files: readonly { readonly name: string; readonly digest: string; readonly rows: number }[];
  readonly restrictedRows: number;
  readonly calibration: Calibration;
  readonly total: readonly Group[];
  /** The same rows judged by what knows nothing of their words. */
  readonly controls: readonly Group[];
  readonly slices: readonly Group[];
  readonly sources: readonly Group[];
  readonly steering: readonly Steering[];
}

/** Scores the model on sources left out, then trains it on all rows that may be used commercially. */
export function trainClassifier(options: TrainingOptions): TrainedClassifier {
  const { files, wrappings, injections, seed, progress } = options;
  const rows = files.flatMap((file) => file.rows);
  const usable = rows.filter(({ isCommercial }) => isCommercial);
  const examples = usable.map(exampleOf);
  const { rows: leftOut, steering } = leaveOut(examples, { wrappings, injections, seed, progress });
  const calibration = calibrate(leftOut);
  const judged = judgeAll(leftOut, calibration);
  const total = totalsOf(judged);
  const controls = controlsOf(judged, seed);
  const trainedFiles = files.map(({ name, digest, rows: all }) => ({ name, digest, rows: all.length }));
  const text = weightsText(trainEnsemble(augmented(examples, wrappings, seed), seed), calibration, {
    trainedOn: {
      files: trainedFiles,
      rows: usable.length,
      sources: new Set(usable.map(({ source }) => source)).size,
      seed,
    },
    scores: scoresInWeights(total),
  });
  return {
    text,
    results: {
      seed,
      weightsBytes: text.length,
      files: trainedFiles,
      restrictedRows: rows.length - usable.length,
      calibration,
      total,
      controls,
      slices: slicesOf(judged),
      sources: sourcesOf(judged),
      steering: summed(steering),
    },
  };
}

const isAuthored = ({ source }: TrainingRow) => source.startsWith("authored");

const PARTS: readonly (readonly [string, (row: TrainingRow) => boolean])[] = [
  ["sources given, each left out", ({ isOwn }) => !isOwn],
  ["of these, text not written for Switchyard", (row) => !row.isOwn && !isAuthored(row)],
  ["our own kinds, each left out", ({ isOwn }) => isOwn],
];

function totalsOf(judged: readonly Judged[]): Group[] {
  return groups(PARTS.map(([name, isIn]) => [name, judged.filter((one) => isIn(rowOf(one)))]));
}

function controlsOf(judged: readonly Judged[], seed: number): Group[] {
  return PARTS.flatMap(([name, isIn]) => {
    const rows = judged.filter((one) => isIn(rowOf(one)));
    const order = permutation(rows.length, uniforms(seed));
    const as = (chosen: (one: Judged, place: number) => number) =>
      rows.map((one, place) => ({ ...one, chosen: chosen(one, place), confidence: Number.NaN }));
    const lengths = {
      labels: Uint8Array.from(rows, ({ leftOut }) => leftOut.example.label),
      lengthsUnits: Float64Array.from(rows, (one) => rowOf(one).lengthUnits),
    };
    const stated = applyRule(STATED_RULE, lengths.lengthsUnits);
    const hindsight = applyRule(fitRule(lengths), lengths.lengthsUnits);
    return groups([
      [`${name}: prompt length, fitted to the rest`, as(({ leftOut }) => leftOut.byLength)],
      [`${name}: prompt length, by the stated rule`, as((_, place) => stated[place] as number)],
      [`${name}: prompt length, fitted to these very rows`, as((_, place) => hindsight[place] as number)],
      [`${name}: the same decisions, shuffled`, as((_, place) => rows[order[place] as number]?.chosen ?? 0)],
      [`${name}: always SIMPLE`, as(() => 0)],
    ]);
  });
}

/** What a later candidate is compared with. */
function scoresInWeights(total: readonly Group[]): Record<string, number> {
  const rounded = (value: number) => Math.round(value * 1e4) / 1e4;
  return Object.fromEntries(
    total.flatMap(({ name, scores }) => [
      [`macro-F1, ${name}`, rounded(scores.macroF1)],
      [`ECE, ${name}`, rounded(scores.ece)],
      [`COMPLEX to SIMPLE, ${name}`, rounded(scores.complexToSimple)],
    ]),
  );
}

const SHORT_UNITS = 80;

const SLICES: readonly (readonly [string, (row: TrainingRow) => boolean])[] = [
  ["not English", ({ language }) => (language ?? "en") !== "en"],
  ["short but hard", ({ slice }) => slice === "short_complex"],
  ["COMPLEX, at most 80 characters", ({ label, lengthUnits }) => label === 2 && lengthUnits <= SHORT_UNITS],
  ["long but simple", ({ slice }) => slice === "long_simple"],
  ["SIMPLE though full of numbers", ({ slice }) => slice === "numbers_simple"],
  ["conversations", ({ slice }) => slice === "multi_turn"],
  ["prompts that speak of their class", ({ slice }) => slice === "injection"],
];

/** Others' rows and our own apart: they are labelled by the same rules and are not equally hard. */
function slicesOf(judged: readonly Judged[]): Group[] {
  return groups(
    [false, true].flatMap((isOwn) =>
      SLICES.map(([name, isIn]) => [
        `${isOwn ? "own" : "others"}: ${name}`,
        judged.filter((one) => rowOf(one).isOwn === isOwn && isIn(rowOf(one))),
      ]),
    ),
  );
}

function sourcesOf(judged: readonly Judged[]): Group[] {
  const names = [...new Set(judged.map((one) => nameOf(rowOf(one))))];
  return groups(names.map((name) => [name, judged.filter((one) => nameOf(rowOf(one)) === name)]));
}

const nameOf = ({ isOwn, source, group }: Example["row"]) => (isOwn ? `own: ${source}` : group);
const rowOf = ({ leftOut }: Judged) => leftOut.example.row;

function groups(entries: readonly (readonly [string, readonly Judged[]])[]): Group[] {
  return entries
    .filter(([, judged]) => judged.length > 0)
    .map(([name, judged]) => ({ name, scores: scoresOf(judged) }));
}
