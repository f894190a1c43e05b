import { buckets } from "../../../services/classifier/src/judge/buckets.ts";
import { dense } from "../../../services/classifier/src/judge/features.ts";
import { readPrompt } from "../../../services/classifier/src/judge/read-prompt.ts";
import type { TrainingRow } from "./rows.ts";

/** A row as the model sees it. */
export interface Example {
  readonly row: TrainingRow;
  /** Index in JOB_CLASSES. */
  readonly label: number;
  readonly buckets: Int32Array;
  readonly features: Float32Array;
}

/** An example, and what a model said of it that had seen nothing of its source. */
export interface LeftOut {
  readonly example: Example;
  readonly logits: Float64Array;
  /** The class by prompt length alone, fitted to the same rows as the model: the control. */
  readonly byLength: number;
}

/** Read by the very code that reads prompts in the classifier. */
export function exampleOf(row: TrainingRow): Example {
  readPrompt(row.prompt);
  return {
    row,
    label: row.label,
    buckets: buckets.ids.slice(0, buckets.count),
    features: dense.slice(),
  };
}

/** How much sources with many rows are held back: 0 counts every row alike, 1 every source. */
const BALANCE = 0.8;
/** No row counts for more than so many of the average. */
const MOST = 8;

/**
 * What each example counts: the rows of a class from one source share its weight, so that a large source does not drown
 * the others, and the classes weigh the same. The mean is about 1.
 */
export function weightsOf(examples: readonly Example[]): Float64Array {
  const keyOf = ({ row, label }: Example) => `${row.isOwn ? row.source : row.group} ${label}`;
  const sizes = new Map<string, number>();
  for (const example of examples) sizes.set(keyOf(example), (sizes.get(keyOf(example)) ?? 0) + 1);
  const weights = Float64Array.from(examples, (example) => (sizes.get(keyOf(example)) ?? 1) ** -BALANCE);
  const ofClass = [0, 0, 0];
  for (const [index, { label }] of examples.entries())
    ofClass[label] = (ofClass[label] ?? 0) + (weights[index] as number);
  for (const [index, { label }] of examples.entries()) {
    const share = examples.length / 3 / (ofClass[label] as number);
    weights[index] = Math.min(MOST, (weights[index] as number) * share);
  }
  return weights;
}
