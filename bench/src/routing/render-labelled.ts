import { JOB_CLASSES } from "@switchyard/shared/contracts";
import { renderTable } from "../table.ts";
import { ECE_BINS } from "./class-scores.ts";
import { LABELLED_METRICS, type LabelledEvaluation } from "./evaluate-labelled.ts";
import type { GroupScore } from "./labelled-groups.ts";
import { comparisonsTable, figure, short, systemsTable, unbeaten } from "./render-figures.ts";

/** A labelled evaluation for a terminal of 100 columns. */
export function renderLabelled(evaluation: LabelledEvaluation): string[] {
  const { scores, ece, lengthRules, groups } = evaluation;
  return [
    ...systemsTable(`${evaluation.rows} labelled prompts`, scores, LABELLED_METRICS),
    `length, stated rule: ${lengthRules.stated}`,
    `length, fitted: ${lengthRules.fitted}`,
    "",
    ...comparisonsTable(scores, ["macro-F1", "accuracy"]),
    ...unbeaten(scores),
    "",
    ...classesTable(evaluation),
    "",
    ...confusionTable(evaluation),
    "",
    `ECE over ${ECE_BINS} bins of confidence: ${figure(ece)}`,
    ...Object.entries(groups).flatMap(([kind, members]) => groupTable(kind, members)),
  ];
}

function classesTable({ classes }: LabelledEvaluation): string[] {
  return renderTable([
    ["by class", "rows", "precision", "recall", "F1"],
    ...Object.entries(classes).map(([name, { rows, precision, recall, f1 }]) => [
      name,
      String(rows),
      figure(precision),
      figure(recall),
      figure(f1),
    ]),
  ]);
}

function confusionTable({ confusion }: LabelledEvaluation): string[] {
  return renderTable([
    ["label, and what it was judged", ...JOB_CLASSES],
    ...JOB_CLASSES.map((label) => [label, ...JOB_CLASSES.map((judged) => String(confusion[label][judged]))]),
  ]);
}

/** The rest stands in the result file. */
const SHOWN = 30;
const NAME_COLUMNS = 34;

function groupTable(kind: string, groups: readonly GroupScore[]): string[] {
  if (groups.length === 0) return [];
  const hidden = groups.length - SHOWN;
  return [
    "",
    ...renderTable([
      [`by ${kind}`, "rows", "accuracy", "macro-F1", "length: both"],
      ...groups
        .slice(0, SHOWN)
        .map(({ name, rows, accuracy, macroF1, lengthAccuracy, lengthMacroF1 }) => [
          name.slice(0, NAME_COLUMNS),
          String(rows),
          figure(accuracy),
          figure(macroF1),
          `${short(lengthAccuracy)} ${short(lengthMacroF1)}`,
        ]),
    ]),
    ...(hidden > 0 ? [`and ${hidden} smaller ones, in the result file`] : []),
  ];
}
