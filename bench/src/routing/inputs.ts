import type { RoutingArguments } from "./arguments.ts";
import { type JsonLines, readJsonLines } from "./json-lines.ts";
import { type LabelledRow, labelledRow } from "./labelled-row.ts";
import { type OutcomeRow, outcomeRowWith } from "./outcome-row.ts";

/** A labelled file, and whether the judge was trained on that very file. */
export interface LabelledFile extends JsonLines<LabelledRow> {
  readonly isTrainedOn: boolean;
}

export interface RoutingInputs {
  readonly labelled: readonly LabelledFile[];
  readonly outcomes: readonly JsonLines<OutcomeRow>[];
  readonly lengthTrain: readonly JsonLines<LabelledRow>[];
  /** Files left out because the judge was trained on them. */
  readonly excluded: readonly string[];
}

/** Reads every file; all that is wrong in any of them goes to `problems`. */
export function readInputs(
  read: Pick<RoutingArguments, "labelled" | "outcomes" | "lengthTrain" | "models" | "isTrainedExcluded">,
  trainedOn: readonly string[],
  problems: string[],
): RoutingInputs {
  const known = new Set(trainedOn);
  const labelled = read.labelled.map((path) => {
    const file = readJsonLines(path, labelledRow, problems);
    return { ...file, isTrainedOn: known.has(file.digests.file) || known.has(file.digests.text) };
  });
  const outcomes = read.outcomes.map((path) => {
    const file = readJsonLines(path, outcomeRowWith(read.models), problems);
    const withCosts = file.rows.filter(({ cheap }) => cheap.cost !== null).length;
    if (withCosts > 0 && withCosts < file.rows.length) {
      problems.push(`${path}: only ${withCosts} of ${file.rows.length} lines have costs`);
    }
    return file;
  });
  const lengthTrain = read.lengthTrain.map((path) => readJsonLines(path, labelledRow, problems));
  const isLeftOut = ({ isTrainedOn }: LabelledFile) => read.isTrainedExcluded && isTrainedOn;
  const kept = labelled.filter((file) => !isLeftOut(file));
  if (kept.length + outcomes.length === 0 && problems.length === 0) {
    problems.push("the judge was trained on every file given: without them nothing is left to evaluate");
  }
  return {
    labelled: kept,
    outcomes,
    lengthTrain,
    excluded: labelled.filter(isLeftOut).map(({ name }) => name),
  };
}
