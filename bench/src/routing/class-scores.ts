import { JOB_CLASSES, type JobClass } from "@switchyard/shared/contracts";

const CLASSES = JOB_CLASSES.length;
const SIMPLE = JOB_CLASSES.indexOf("SIMPLE");
const COMPLEX = JOB_CLASSES.indexOf("COMPLEX");

/** Rows by label and judged class, both by their index in JOB_CLASSES: `[label * 3 + judged]`. */
export type Confusion = Float64Array;

/** Each row as often as it counts. */
export function confusionOf(labels: Uint8Array, judged: Uint8Array, counts: Uint16Array): Confusion {
  const confusion = new Float64Array(CLASSES * CLASSES);
  for (let row = 0; row < labels.length; row += 1) {
    const cell = (labels[row] as number) * CLASSES + (judged[row] as number);
    confusion[cell] = (confusion[cell] as number) + (counts[row] as number);
  }
  return confusion;
}

const cellOf = (confusion: Confusion, label: number, judged: number) =>
  confusion[label * CLASSES + judged] ?? 0;

/** Rows whose judged class is their label, of all rows. */
export function accuracyOf(confusion: Confusion): number {
  const right = JOB_CLASSES.reduce((sum, _, index) => sum + cellOf(confusion, index, index), 0);
  return right / confusion.reduce((sum, cell) => sum + cell, 0);
}

export interface ClassScore {
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
  readonly rows: number;
}

/**
 * Precision TP / (TP + FP), recall TP / (TP + FN), F1 = 2 TP / (2 TP + FP + FN). Precision is NaN for a class never judged,
 * recall and F1 for one that no row has: a group of rows without COMPLEX says nothing of how COMPLEX is judged.
 */
export function classScore(confusion: Confusion, index: number): ClassScore {
  const hits = cellOf(confusion, index, index);
  const rows = JOB_CLASSES.reduce((sum, _, judged) => sum + cellOf(confusion, index, judged), 0);
  const judged = JOB_CLASSES.reduce((sum, _, label) => sum + cellOf(confusion, label, index), 0);
  return {
    precision: hits / judged,
    recall: hits / rows,
    f1: rows === 0 ? Number.NaN : (2 * hits) / (rows + judged),
    rows,
  };
}

/** Mean F1 of the classes that at least one row has. */
export function macroF1Of(confusion: Confusion): number {
  const defined = JOB_CLASSES.map((_, index) => classScore(confusion, index).f1).filter(Number.isFinite);
  return defined.reduce((sum, f1) => sum + f1, 0) / defined.length;
}

/** Of the rows that are COMPLEX, the share judged SIMPLE: the error that costs quality. */
export function complexToSimpleOf(confusion: Confusion): number {
  return cellOf(confusion, COMPLEX, SIMPLE) / classScore(confusion, COMPLEX).rows;
}

/** Rows by label, then by judged class. */
export function namedConfusion(confusion: Confusion): Record<JobClass, Record<JobClass, number>> {
  const rows = JOB_CLASSES.map((name, label) => [
    name,
    Object.fromEntries(JOB_CLASSES.map((other, judged) => [other, cellOf(confusion, label, judged)])),
  ]);
  return Object.fromEntries(rows) as Record<JobClass, Record<JobClass, number>>;
}

export const ECE_BINS = 15;

/**
 * Expected calibration error: Σ n_b / n · |accuracy_b − mean confidence_b| over 15 bins of equal width, bin b holding
 * confidences in (b / 15, (b + 1) / 15] (Guo et al. 2017, https://arxiv.org/abs/1706.04599, equation 3).
 */
export function eceOf(confidences: Float64Array, isRight: Uint8Array, counts: Uint16Array): number {
  // Σ_b |Σ right − Σ confidence| / n: the sizes of the bins cancel.
  const gaps = new Float64Array(ECE_BINS);
  let total = 0;
  for (let row = 0; row < confidences.length; row += 1) {
    const confidence = confidences[row] as number;
    const count = counts[row] as number;
    const bin = Math.min(ECE_BINS - 1, Math.max(0, Math.ceil(confidence * ECE_BINS) - 1));
    gaps[bin] = (gaps[bin] as number) + count * ((isRight[row] as number) - confidence);
    total += count;
  }
  return gaps.reduce((sum, gap) => sum + Math.abs(gap), 0) / total;
}
