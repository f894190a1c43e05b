import { JOB_CLASSES, type JobClass } from "@switchyard/shared/contracts";
import { uniforms } from "../random.ts";
import {
  accuracyOf,
  classScore,
  complexToSimpleOf,
  confusionOf,
  eceOf,
  macroF1Of,
  namedConfusion,
} from "./class-scores.ts";
import { type Compared, compareSystems, type Metric, type Sample, type System } from "./compare-systems.ts";
import type { Estimate } from "./estimate.ts";
import { type Decisions, labelledControls } from "./labelled-controls.ts";
import { type GroupScore, scoreGroups } from "./labelled-groups.ts";
import type { LabelledRow } from "./labelled-row.ts";
import { applyRule, fitRule, ruleInWords, STATED_RULE } from "./length-rule.ts";
import type { Opinions } from "./subject.ts";

export interface EvaluationOptions {
  readonly seed: number;
  /** Bootstrap resamples. */
  readonly resamples: number;
  /** Draws of each control that draws lots. */
  readonly draws: number;
}

export interface LabelledEvaluation {
  readonly rows: number;
  readonly scores: Compared;
  readonly ece: Estimate;
  readonly classes: Record<JobClass, { rows: number; precision: Estimate; recall: Estimate; f1: Estimate }>;
  /** Rows by label, then by judged class. */
  readonly confusion: Record<JobClass, Record<JobClass, number>>;
  readonly lengthRules: { readonly stated: string; readonly fitted: string };
  readonly groups: Record<"slice" | "language" | "source", GroupScore[]>;
}

export interface LabelledInput {
  readonly rows: readonly LabelledRow[];
  readonly opinions: Opinions;
  /** Rows that the length rule may be fitted to; without them it is fitted to the evaluated ones, in its favour. */
  readonly lengthTrain?: readonly LabelledRow[];
}

export const LABELLED_METRICS: readonly Metric[] = [
  { name: "accuracy", better: "higher" },
  { name: "macro-F1", better: "higher" },
  // Never calling anything SIMPLE has none of it, so that by itself it is no merit.
  { name: "COMPLEX to SIMPLE", better: null },
];

/** Everything that labels can tell of a judge, with 95 % intervals, beside the controls. */
export function evaluateLabelled(input: LabelledInput, options: EvaluationOptions): LabelledEvaluation {
  const { rows, opinions, lengthTrain } = input;
  const { seed, resamples, draws: drawCount } = options;
  const { labels, lengthsUnits } = columnsOf(rows);
  const fitted = {
    name: lengthTrain === undefined ? "length, fitted in hindsight" : "length, fitted elsewhere",
    rule: fitRule(columnsOf(lengthTrain ?? rows)),
  };
  const judged = opinions.classes;
  const next = uniforms(seed);
  const controls = labelledControls({ labels, lengthsUnits, judged, fitted, drawCount, next });
  const systems = [{ name: "router", draws: [judged] }, ...controls].map((decisions) =>
    systemOf(decisions, labels),
  );
  const study = { rowCount: rows.length, seed, resamples };
  return {
    rows: rows.length,
    scores: compareSystems({ ...study, metrics: LABELLED_METRICS, systems }),
    ...routerAlone({ labels, opinions }, study),
    confusion: namedConfusion(confusionOf(labels, judged, new Uint16Array(rows.length).fill(1))),
    lengthRules: { stated: ruleInWords(STATED_RULE), fitted: ruleInWords(fitted.rule) },
    groups: scoreGroups({ rows, judged, byLength: applyRule(fitted.rule, lengthsUnits) }, options),
  };
}

function columnsOf(rows: readonly LabelledRow[]) {
  return {
    labels: Uint8Array.from(rows, ({ label }) => label),
    lengthsUnits: Float64Array.from(rows, ({ lengthUnits }) => lengthUnits),
  };
}

function systemOf({ name, draws }: Decisions, labels: Uint8Array): System {
  return {
    name,
    draws: draws.length,
    measure({ counts, draw }) {
      const confusion = confusionOf(labels, draws[draw] ?? new Uint8Array(), counts);
      return [accuracyOf(confusion), macroF1Of(confusion), complexToSimpleOf(confusion)];
    },
  };
}

const CLASS_FIGURES = ["precision", "recall", "f1"] as const;

/** Scores that have no control to stand beside. */
function routerAlone(
  { labels, opinions }: { labels: Uint8Array; opinions: Opinions },
  study: { rowCount: number; seed: number; resamples: number },
): Pick<LabelledEvaluation, "ece" | "classes"> {
  const { classes: judged, confidences } = opinions;
  const isRight = judged.map((index, row) => (index === labels[row] ? 1 : 0));
  const measure = ({ counts }: Sample) => {
    const confusion = confusionOf(labels, judged, counts);
    const byClass = JOB_CLASSES.map((_, index) => classScore(confusion, index));
    return [
      eceOf(confidences, isRight, counts),
      ...byClass.flatMap((score) => CLASS_FIGURES.map((figure) => score[figure])),
    ];
  };
  const names = JOB_CLASSES.flatMap((name) => CLASS_FIGURES.map((figure) => `${name} ${figure}`));
  const metrics = ["ece", ...names].map((name): Metric => ({ name, better: null }));
  const systems = [{ name: "router", draws: 1, measure }];
  const figures = compareSystems({ ...study, metrics, systems }).figures["router"] ?? {};
  const classes = JOB_CLASSES.map((name, index) => [
    name,
    {
      rows: labels.filter((label) => label === index).length,
      ...Object.fromEntries(CLASS_FIGURES.map((figure) => [figure, figures[`${name} ${figure}`]])),
    },
  ]);
  return { ece: figures["ece"] as Estimate, classes: Object.fromEntries(classes) };
}
