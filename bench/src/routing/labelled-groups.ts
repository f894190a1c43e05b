import { JOB_CLASSES } from "@switchyard/shared/contracts";
import { accuracyOf, confusionOf, macroF1Of } from "./class-scores.ts";
import { compareSystems } from "./compare-systems.ts";
import type { Estimate } from "./estimate.ts";
import type { LabelledRow } from "./labelled-row.ts";

export interface GroupScore {
  readonly name: string;
  readonly rows: number;
  readonly accuracy: Estimate;
  /** Over the classes that rows of the group have. */
  readonly macroF1: Estimate;
  /** Those of the fitted length rule. */
  readonly lengthAccuracy: number;
  readonly lengthMacroF1: number;
}

export interface GroupedDecisions {
  readonly rows: readonly LabelledRow[];
  readonly judged: Uint8Array;
  readonly byLength: Uint8Array;
}

const COMPLEX = JOB_CLASSES.indexOf("COMPLEX");
const SIMPLE = JOB_CLASSES.indexOf("SIMPLE");
const SHORT_UNITS = 80;
const LONG_UNITS = 1_500;

/** Slices that any labelled file has, whatever it calls its own. */
const STATED_SLICES: readonly { name: string; holds: (row: LabelledRow) => boolean }[] = [
  { name: "(not English)", holds: ({ language }) => language !== null && !/^en\b/i.test(language) },
  {
    name: `(COMPLEX, up to ${SHORT_UNITS} characters)`,
    holds: ({ label, lengthUnits }) => label === COMPLEX && lengthUnits <= SHORT_UNITS,
  },
  {
    name: `(SIMPLE, from ${LONG_UNITS} characters)`,
    holds: ({ label, lengthUnits }) => label === SIMPLE && lengthUnits >= LONG_UNITS,
  },
];

const NAMES = {
  slice: (row: LabelledRow) => [
    ...(row.slice === null ? [] : [row.slice]),
    ...STATED_SLICES.filter(({ holds }) => holds(row)).map(({ name }) => name),
  ],
  language: (row: LabelledRow) => (row.language === null ? [] : [row.language]),
  source: (row: LabelledRow) => (row.sourceGroup === null ? [] : [row.sourceGroup]),
} as const;

/** The router's scores within each group, resampled within it; the largest group first. */
export function scoreGroups(
  decisions: GroupedDecisions,
  options: { seed: number; resamples: number },
): Record<keyof typeof NAMES, GroupScore[]> {
  const scored = (namesOf: (row: LabelledRow) => string[]) =>
    [...membersOf(decisions.rows, namesOf)]
      .map(([name, members]) => scoreGroup({ name, members }, decisions, options))
      .sort((a, b) => b.rows - a.rows);
  return {
    slice: scored(NAMES.slice),
    language: scored(NAMES.language),
    source: scored(NAMES.source),
  };
}

function membersOf(rows: readonly LabelledRow[], namesOf: (row: LabelledRow) => string[]) {
  const members = new Map<string, number[]>();
  for (const [index, row] of rows.entries()) {
    for (const name of namesOf(row)) {
      const known = members.get(name);
      if (known === undefined) members.set(name, [index]);
      else known.push(index);
    }
  }
  return members;
}

function scoreGroup(
  { name, members }: { name: string; members: readonly number[] },
  { rows, judged, byLength }: GroupedDecisions,
  options: { seed: number; resamples: number },
): GroupScore {
  const labels = Uint8Array.from(members, (index) => rows[index]?.label ?? 0);
  const of = (decided: Uint8Array) => Uint8Array.from(members, (index) => decided[index] ?? 0);
  const scoresOf = (decided: Uint8Array, counts: Uint16Array): [number, number] => {
    const confusion = confusionOf(labels, decided, counts);
    return [accuracyOf(confusion), macroF1Of(confusion)];
  };
  const decided = of(judged);
  const { figures } = compareSystems({
    ...options,
    rowCount: members.length,
    metrics: [
      { name: "accuracy", better: null },
      { name: "macro-F1", better: null },
    ],
    systems: [{ name: "router", draws: 1, measure: ({ counts }) => scoresOf(decided, counts) }],
  });
  const once = new Uint16Array(members.length).fill(1);
  const [lengthAccuracy, lengthMacroF1] = scoresOf(of(byLength), once);
  return {
    name,
    rows: members.length,
    accuracy: figures["router"]?.["accuracy"] as Estimate,
    macroF1: figures["router"]?.["macro-F1"] as Estimate,
    lengthAccuracy,
    lengthMacroF1,
  };
}
