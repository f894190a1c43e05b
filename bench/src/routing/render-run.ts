import { LEAST_ROWS } from "./estimate.ts";
import { renderLabelled } from "./render-labelled.ts";
import { renderOutcomes } from "./render-outcomes.ts";
import type { RoutingRun } from "./run-routing.ts";

/** A run for a terminal of 100 columns. */
export function renderRun({ judge, labelled, outcomes, excluded, options }: RoutingRun): string[] {
  const trained = labelled?.files.filter(({ isTrainedOn }) => isTrainedOn) ?? [];
  return [
    `judge ${judge.version}; ranked by P(COMPLEX) + ${judge.calculationShare} P(CALCULATION), ${
      judge.probabilities === "told" ? "as the judge tells them" : "derived from class and confidence"
    }`,
    `figure [95 % interval of ${options.resamples} bootstrap resamples];`,
    `of random and shuffled, which draw lots: mean [95 % range] of ${options.draws} draws`,
    ...(excluded === "" ? [] : [`left out, since the judge was trained on them: ${excluded}`]),
    ...trained.flatMap(({ name }) => trainedNote(name)),
    ...(labelled === null
      ? []
      : ["", ...titled(labelled.files.map(({ name }) => name)), ...renderLabelled(labelled)]),
    ...fewNote(labelled?.rows),
    ...outcomes.flatMap((one) => [
      "",
      ...titled([one.file.name]),
      ...renderOutcomes(one),
      ...fewNote(one.rows),
    ]),
  ];
}

function titled(names: readonly string[]): string[] {
  const title = names.join(", ");
  return [title, "=".repeat(title.length)];
}

function trainedNote(name: string): string[] {
  const line = "!".repeat(98);
  return [
    line,
    `!! THE JUDGE WAS TRAINED ON ${name}.`,
    "!! Its scores on these rows say what it remembers, not what it is worth. Do not publish them.",
    line,
  ];
}

function fewNote(rows = LEAST_ROWS): string[] {
  return rows < LEAST_ROWS ? [`! fewer than ${LEAST_ROWS} rows: the intervals bound nothing`] : [];
}
