import { JOB_CLASSES } from "@switchyard/shared/contracts";
import { type Confusion, macroF1Of } from "./class-scores.ts";

/** Classes by prompt length alone: `short` up to `limits[0]` units, `middle` up to `limits[1]`, `long` beyond. */
export interface LengthRule {
  readonly limits: readonly [number, number];
  /** Indices in JOB_CLASSES. */
  readonly classes: readonly [short: number, middle: number, long: number];
}

/** Longer is harder, fitted to nothing. */
export const STATED_RULE: LengthRule = { limits: [80, 320], classes: [0, 1, 2] };

/** The lengths that a fitted rule may choose its limits from. */
export const LENGTH_GRID = [
  10, 20, 30, 40, 60, 80, 120, 160, 240, 320, 480, 640, 960, 1_280, 1_920, 2_560, 3_840,
];

/** `up to 80 characters SIMPLE, up to 320 CALCULATION, beyond COMPLEX`. */
export function ruleInWords({ limits, classes }: LengthRule): string {
  const [short, middle, long] = classes.map((index) => JOB_CLASSES[index]);
  return `up to ${limits[0]} characters ${short}, up to ${limits[1]} ${middle}, beyond ${long}`;
}

export interface Labelled {
  /** Indices in JOB_CLASSES. */
  readonly labels: Uint8Array;
  readonly lengthsUnits: Float64Array;
}

export function applyRule({ limits, classes }: LengthRule, lengthsUnits: Float64Array): Uint8Array {
  return Uint8Array.from(lengthsUnits, (units) =>
    units <= limits[0] ? classes[0] : units <= limits[1] ? classes[1] : classes[2],
  );
}

/** The rule of greatest macro-F1 on these rows, of all pairs of limits on the grid and all classes for the three bands. */
export function fitRule({ labels, lengthsUnits }: Labelled): LengthRule {
  const bands = bandsOf({ labels, lengthsUnits });
  let best = { rule: STATED_RULE, score: Number.NEGATIVE_INFINITY };
  for (const [at, lower] of LENGTH_GRID.entries()) {
    for (const [beyond, upper] of LENGTH_GRID.slice(at).entries()) {
      const sums = [
        sumOf(bands, 0, at + 1),
        sumOf(bands, at + 1, at + beyond + 1),
        sumOf(bands, at + beyond + 1, bands.length),
      ];
      for (const classes of ASSIGNMENTS) {
        const score = macroF1Of(judgedAs(sums, classes));
        if (score > best.score) best = { rule: { limits: [lower, upper], classes }, score };
      }
    }
  }
  return best.rule;
}

const ASSIGNMENTS = JOB_CLASSES.flatMap((_, short) =>
  JOB_CLASSES.flatMap((__, middle) => JOB_CLASSES.map((___, long) => [short, middle, long] as const)),
);

/** Rows by label, between neighbouring lengths of the grid. */
function bandsOf({ labels, lengthsUnits }: Labelled): number[][] {
  const bands = [...LENGTH_GRID, Number.POSITIVE_INFINITY].map(() => JOB_CLASSES.map(() => 0));
  for (const [row, units] of lengthsUnits.entries()) {
    const found = LENGTH_GRID.findIndex((limit) => units <= limit);
    const band = bands[found < 0 ? LENGTH_GRID.length : found];
    const label = labels[row] as number;
    if (band !== undefined) band[label] = (band[label] ?? 0) + 1;
  }
  return bands;
}

function sumOf(bands: readonly number[][], from: number, to: number): number[] {
  const within = bands.slice(from, to);
  return JOB_CLASSES.map((_, label) => within.reduce((sum, band) => sum + (band[label] ?? 0), 0));
}

function judgedAs(sums: readonly number[][], classes: readonly number[]): Confusion {
  const confusion: Confusion = new Float64Array(JOB_CLASSES.length ** 2);
  for (const [index, band] of sums.entries()) {
    for (const [label, count] of band.entries()) {
      const cell = label * JOB_CLASSES.length + (classes[index] ?? 0);
      confusion[cell] = (confusion[cell] ?? 0) + count;
    }
  }
  return confusion;
}
