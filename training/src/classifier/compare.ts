import { JOB_CLASSES } from "@switchyard/shared/contracts";
import { complexToSimpleOf, confusionOf, macroF1Of } from "../../../bench/src/routing/class-scores.ts";
import { localJudge } from "../../../services/classifier/src/judge/judge.ts";
import { type Model, readModel } from "../../../services/classifier/src/judge/model.ts";
import type { TrainingFile, TrainingRow } from "./rows.ts";
import type { TrainedClassifier } from "./train-classifier.ts";

/** Differences below this are the luck of the draw: they speak neither for nor against. */
const MARGIN = 0.005;

/** Fewer held-out rows than this, or none of a class, say nothing of a model. */
const LEAST_HELD_OUT = 100;

/**
 * Why a candidate is not to take the place of the present model; empty when it may. Its scores on sources left out are
 * compared with the present model's, which is fair only if it was trained on all that the present one was; and where
 * there are rows held out that neither has seen, both are judged on them, too.
 */
export function reasonsAgainst(
  candidate: TrainedClassifier,
  present: Model | null,
  heldOut: readonly TrainingFile[],
): string[] {
  if (present === null) return [];
  const digests = new Set(candidate.results.files.map(({ digest }) => digest));
  const missing = present.trainedOn.filter(({ digest }) => !digests.has(digest));
  return [
    ...missing.map(
      ({ name, rows }) =>
        `${name} (${rows} rows), which the weights in place were trained on, is missing or changed`,
    ),
    ...(missing.length > 0 ? [] : againstLeftOut(candidate, present)),
    ...againstHeldOut(candidate, present, heldOut),
  ];
}

function againstLeftOut({ results }: TrainedClassifier, present: Model): string[] {
  return results.total.flatMap(({ name, scores }) => {
    const [macroF1, complexToSimple] = ["macro-F1", "COMPLEX to SIMPLE"].map(
      (score) => present.scores[`${score}, ${name}`],
    );
    if (macroF1 === undefined || complexToSimple === undefined) return [];
    return differences(`of ${name}`, scores, { macroF1, complexToSimple });
  });
}

function againstHeldOut(
  candidate: TrainedClassifier,
  present: Model,
  files: readonly TrainingFile[],
): string[] {
  if (files.length === 0) return [];
  const seen = new Set([
    ...present.trainedOn.map(({ digest }) => digest),
    ...candidate.results.files.map(({ digest }) => digest),
  ]);
  const known = files.filter(({ digest }) => seen.has(digest));
  if (known.length > 0) return known.map(({ name }) => `${name} is held out and trained on at once`);
  const rows = files.flatMap((file) => file.rows);
  if (rows.length < LEAST_HELD_OUT || new Set(rows.map(({ label }) => label)).size < JOB_CLASSES.length)
    return [`rows held out must be at least ${LEAST_HELD_OUT} and of every class; there are ${rows.length}`];
  return differences(
    "on the rows held out",
    judgedBy(readModel(candidate.text, "the candidate"), rows),
    judgedBy(present, rows),
  );
}

interface Compared {
  readonly macroF1: number;
  readonly complexToSimple: number;
}

function judgedBy(model: Model, rows: readonly TrainingRow[]): Compared {
  const { judge } = localJudge(model);
  const confusion = confusionOf(
    Uint8Array.from(rows, ({ label }) => label),
    Uint8Array.from(rows, ({ prompt }) => JOB_CLASSES.indexOf(judge(prompt).class)),
    new Uint16Array(rows.length).fill(1),
  );
  return { macroF1: macroF1Of(confusion), complexToSimple: complexToSimpleOf(confusion) };
}

function differences(where: string, ours: Compared | undefined, theirs: Compared | undefined): string[] {
  if (ours === undefined || theirs === undefined) return [];
  const reasons: string[] = [];
  if (ours.macroF1 < theirs.macroF1 - MARGIN)
    reasons.push(
      `macro-F1 ${where} is ${ours.macroF1.toFixed(4)}, the present model's ${theirs.macroF1.toFixed(4)}`,
    );
  if (ours.complexToSimple > theirs.complexToSimple + 2 * MARGIN)
    reasons.push(
      `${percent(ours.complexToSimple)} of COMPLEX ${where} go to SIMPLE, by the present model ${percent(theirs.complexToSimple)}`,
    );
  return reasons;
}

const percent = (share: number) => `${(share * 100).toFixed(1)} %`;
