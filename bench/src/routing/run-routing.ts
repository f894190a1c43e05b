import type { Judge } from "../../../services/classifier/src/judge/judge.ts";
import type { RoutingArguments } from "./arguments.ts";
import { type EvaluationOptions, evaluateLabelled, type LabelledEvaluation } from "./evaluate-labelled.ts";
import { evaluateOutcomes, type OutcomesEvaluation } from "./evaluate-outcomes.ts";
import type { RoutingInputs } from "./inputs.ts";
import type { JsonLines } from "./json-lines.ts";
import { askJudge, CALCULATION_SHARE, type Opinions } from "./subject.ts";

/** Of a run all that is published: figures and digests, never a prompt. */
export interface RoutingRun {
  readonly judge: Pick<Opinions, "version" | "probabilities"> & { readonly calculationShare: number };
  readonly options: EvaluationOptions;
  /** Names of files left out because the judge was trained on them. */
  readonly excluded: string;
  readonly labelled: (LabelledEvaluation & { files: (FileSeen & { isTrainedOn: boolean })[] }) | null;
  /** One for each file: outcomes of different pairs of models make no common curve. */
  readonly outcomes: readonly (OutcomesEvaluation & { file: FileSeen })[];
}

interface FileSeen {
  readonly name: string;
  readonly sha256: string;
  readonly textSha256: string;
  readonly rows: number;
}

export interface RoutingRunOptions {
  readonly read: Pick<RoutingArguments, "seed" | "calculation">;
  readonly inputs: RoutingInputs;
  readonly judge: Judge;
}

const RESAMPLES = 1_000;
const DRAWS = 200;

/** Asks the judge about every prompt and evaluates what it says. */
export async function runRouting({ read, inputs, judge }: RoutingRunOptions): Promise<RoutingRun> {
  const options: EvaluationOptions = { seed: read.seed, resamples: RESAMPLES, draws: DRAWS };
  const rows = inputs.labelled.flatMap((file) => file.rows);
  const opinions = await askJudge(
    judge,
    rows.map(({ prompt }) => prompt),
  );
  const train = inputs.lengthTrain.flatMap((file) => file.rows);
  const lengthTrain = train.length === 0 ? {} : { lengthTrain: train };
  const files = inputs.labelled.map((file) => ({ ...seen(file), isTrainedOn: file.isTrainedOn }));
  const labelled =
    rows.length === 0 ? null : { files, ...evaluateLabelled({ rows, opinions, ...lengthTrain }, options) };
  const outcomes: (OutcomesEvaluation & { file: FileSeen })[] = [];
  let asked = opinions;
  for (const file of inputs.outcomes) {
    asked = await askJudge(
      judge,
      file.rows.map(({ prompt }) => prompt),
    );
    const input = { rows: file.rows, opinions: asked, calculation: read.calculation };
    outcomes.push({ file: seen(file), ...evaluateOutcomes(input, options) });
  }
  const { version, probabilities } = rows.length > 0 ? opinions : asked;
  return {
    judge: { version, probabilities, calculationShare: CALCULATION_SHARE },
    options,
    excluded: inputs.excluded.join(", "),
    labelled,
    outcomes,
  };
}

function seen({ name, digests, rows }: JsonLines<unknown>): FileSeen {
  return { name, sha256: digests.file, textSha256: digests.text, rows: rows.length };
}
