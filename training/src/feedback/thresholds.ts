import type { Thresholds } from "../../../services/classifier/src/outcome/outcome-model.ts";
import { classesBy, type Labelled, mean, resultsOf, savingOf } from "./policy.ts";

const STEP = 0.05;
const LOWER_AT = [0.975, ...Array.from({ length: 10 }, (_, index) => 0.95 - index * STEP)].map(tidy);
const RAISE_BELOW = [null, ...Array.from({ length: 9 }, (_, index) => tidy((index + 1) * STEP))];

/**
 * The thresholds that save the most on the given jobs at no less quality; of equal ones the most careful. Null when none saves anything.
 */
export function chooseThresholds(
  examples: readonly Labelled[],
  { chances, strongRate }: { chances: readonly number[]; strongRate: number },
): Thresholds | null {
  const current = examples.map((example) => example.current);
  const before = resultsOf(examples, current, strongRate);
  let best: Thresholds | null = null;
  let most = 0;
  for (const lower_at of LOWER_AT) {
    for (const raise_below of RAISE_BELOW) {
      const thresholds = { lower_at, raise_below };
      const after = resultsOf(examples, classesBy(examples, chances, thresholds), strongRate);
      const saving = savingOf(before.costsPicoUsd, after.costsPicoUsd);
      if (saving <= most || mean(after.goods) < mean(before.goods)) continue;
      best = thresholds;
      most = saving;
    }
  }
  return best;
}

function tidy(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}
