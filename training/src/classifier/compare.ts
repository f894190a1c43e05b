import { JOB_CLASSES } from "@switchyard/shared/contracts";
import { complexToSimpleOf, confusionOf, macroF1Of } from "../../../bench/src/routing/class-scores.ts";
import { localJudge } from "../../../services/classifier/src/judge/judge.ts";
import { type Model, readModel } from "../../../services/classifier/src/judge/model.ts";
import type { TrainingRow } from "./rows.ts";
import type { TrainedClassifier } from "./train-classifier.ts";

/** Differences below this are the luck of the draw: they speak neither for nor against. */
const MARGIN = 0.005;

/**
 * Why a candidate is not to take the place of the present model; empty when it may. On rows that neither has seen both are
 * judged; without such rows, what each scored on sources left out of its own training is compared.
 */
export function reasonsAgainst(
  candidate: TrainedClassifier,
  present: Model | null,
  heldOut: readonly TrainingRow[],
): string[] {
  if (present === null) return [];
  if (heldOut.length > 0) {
    const [theirs, ours] = [present, readModel(candidate.text, "the candidate")].map((model) =>
      judgedBy(model, heldOut),
    );
    return differences("on the rows held out", ours, theirs);
  }
  return candidate.results.total.flatMap(({ name, scores }) => {
    const [macroF1, complexToSimple] = ["macro-F1", "COMPLEX to SIMPLE"].map(
      (score) => present.scores[`${score}, ${name}`],
    );
    if (macroF1 === undefined || complexToSimple === undefined) return [];
    return differences(`of ${name}`, scores, { macroF1, complexToSimple });
  });
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
