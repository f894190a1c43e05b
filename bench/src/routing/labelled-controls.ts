import { JOB_CLASSES } from "@switchyard/shared/contracts";
import { permutation } from "../random.ts";
import { applyRule, type Labelled, type LengthRule, STATED_RULE } from "./length-rule.ts";

/** Decisions for all rows; several where lots are drawn. */
export interface Decisions {
  readonly name: string;
  /** By draw: for each row an index in JOB_CLASSES. */
  readonly draws: readonly Uint8Array[];
}

export interface LabelledControlOptions extends Labelled {
  /** What the router decides. */
  readonly judged: Uint8Array;
  readonly fitted: { readonly name: string; readonly rule: LengthRule };
  readonly drawCount: number;
  readonly next: () => number;
}

/** What anything that understands prompts has to beat: deciders that do not look at them, or only at their length. */
export function labelledControls(options: LabelledControlOptions): Decisions[] {
  const { labels, lengthsUnits, judged, fitted, drawCount, next } = options;
  const rowsOf = JOB_CLASSES.map((_, index) => labels.filter((label) => label === index).length);
  const majority = rowsOf.indexOf(Math.max(...rowsOf));
  const drawn = (draw: () => Uint8Array) => Array.from({ length: drawCount }, draw);
  // Sampling the labels themselves draws each class with its share.
  const byShares = () => labels.map(() => labels[Math.floor(next() * labels.length)] ?? 0);
  const shuffled = () => Uint8Array.from(permutation(judged.length, next), (row) => judged[row] ?? 0);
  return [
    ...JOB_CLASSES.map((name, index) => ({
      name: index === majority ? `always ${name} (majority)` : `always ${name}`,
      draws: [new Uint8Array(labels.length).fill(index)],
    })),
    { name: "random by class shares", draws: drawn(byShares) },
    { name: "length, stated rule", draws: [applyRule(STATED_RULE, lengthsUnits)] },
    { name: fitted.name, draws: [applyRule(fitted.rule, lengthsUnits)] },
    { name: "shuffled", draws: drawn(shuffled) },
  ];
}
