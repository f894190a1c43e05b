import type { JobClass, Probabilities } from "@switchyard/shared/contracts";
import { JOB_CLASSES } from "@switchyard/shared/contracts";
import type { Evidence } from "./evidence.ts";
import { PATTERNS } from "./patterns.ts";
import { PATTERN_SIGNALS, PRIOR, type Weights, WORD_SIGNALS } from "./signals.ts";

export interface Score {
  readonly class: JobClass;
  /** Probability of the class, by softmax over the summed weights. */
  readonly confidence: number;
  readonly probabilities: Readonly<Probabilities>;
  /** What spoke for the class, strongest first. */
  readonly reasons: readonly string[];
}

interface Contribution {
  readonly says: string;
  readonly weights: Weights;
}

/** Adds up what each signal says for each class. */
export function score(evidence: Evidence): Score {
  const contributions = contributionsOf(evidence);
  const sums = JOB_CLASSES.map((_, index) =>
    contributions.reduce((sum, { weights }) => sum + (weights[index] ?? 0), PRIOR[index] ?? 0),
  );
  const highest = Math.max(...sums);
  const chosen = sums.indexOf(highest);
  const all = sums.reduce((sum, value) => sum + Math.exp(value - highest), 0);
  const [SIMPLE = 0, CALCULATION = 0, COMPLEX = 0] = sums.map((value) => Math.exp(value - highest) / all);
  return {
    class: JOB_CLASSES[chosen] ?? "SIMPLE",
    confidence: 1 / all,
    probabilities: { SIMPLE, CALCULATION, COMPLEX },
    reasons: reasonsFor(contributions, chosen),
  };
}

function contributionsOf(evidence: Evidence): Contribution[] {
  const words = WORD_SIGNALS.flatMap(({ kind, says, weights, opening }) => {
    const strength = evidence.words.get(kind) ?? 0;
    if (strength === 0) return [];
    const base = weights.map((weight) => weight * strength);
    const extra = evidence.openings.has(kind) ? opening : [0, 0, 0];
    return [{ says, weights: sum(base, extra) }];
  });
  const patterns = PATTERN_SIGNALS.flatMap(({ pattern, weights }) => {
    const strength = PATTERNS[pattern](evidence);
    return strength === 0
      ? []
      : [
          {
            says: pattern,
            weights: sum(
              weights.map((weight) => weight * strength),
              [0, 0, 0],
            ),
          },
        ];
  });
  return [...words, ...patterns];
}

function sum(left: readonly number[], right: readonly number[]): Weights {
  const at = (index: number) => (left[index] ?? 0) + (right[index] ?? 0);
  return [at(0), at(1), at(2)];
}

const REASONS = 5;

/** Weights of one signal sum to about 0, so the weight for a class is also its lead over the others. */
function reasonsFor(contributions: readonly Contribution[], chosen: number): string[] {
  const speaking = contributions
    .map(({ says, weights }) => ({ says, weight: weights[chosen] ?? 0 }))
    .filter(({ weight }) => weight > 0.05)
    .sort((left, right) => right.weight - left.weight);
  return speaking.slice(0, REASONS).map(({ says }) => says);
}
