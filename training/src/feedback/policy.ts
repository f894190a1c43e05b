import type { JobClass } from "@switchyard/shared/contracts";
import { permutation } from "../../../bench/src/random.ts";
import { movedClass, type Thresholds } from "../../../services/classifier/src/outcome/outcome-model.ts";
import type { Example } from "./example.ts";

/** An example of which it is known whether a cheaper model does. */
export type Labelled = Example & { cheapGood: boolean };

export function isLabelled(example: Example): example is Labelled {
  return example.cheapGood !== null;
}

/** What each job would have cost and how good its answer would have been, under one way to route them. */
export interface Results {
  costs: Float64Array;
  /** 1 for an answer that is good enough, 0 for one that is not; in between where only a rate is known. */
  goods: Float64Array;
}

/** @param strongRate how often a strong model's answer is good, for jobs of which nobody said. */
export function resultsOf(
  examples: readonly Labelled[],
  classes: readonly JobClass[],
  strongRate: number,
): Results {
  const costs = new Float64Array(examples.length);
  const goods = new Float64Array(examples.length);
  examples.forEach((example, index) => {
    const choice = example.choices[classes[index] as JobClass];
    costs[index] = choice.costPicoUsd;
    const strong = example.strongGood === null ? strongRate : Number(example.strongGood);
    goods[index] = choice.isCheap ? Number(example.cheapGood) : strong;
  });
  return { costs, goods };
}

/** The classes that a candidate would choose, given its chances. */
export function classesBy(
  examples: readonly Labelled[],
  chances: readonly number[],
  thresholds: Thresholds,
): JobClass[] {
  return examples.map(({ judged }, index) => movedClass(judged, chances[index] as number, thresholds));
}

/**
 * The same chances dealt out anew among the jobs of the same judged side: as many are lowered and raised as before, but
 * not because of what they say.
 */
export function shuffled(
  examples: readonly Labelled[],
  chances: readonly number[],
  next: () => number,
): number[] {
  const dealt = [...chances];
  for (const isComplex of [true, false]) {
    const places = examples.flatMap(({ judged }, index) =>
      (judged === "COMPLEX") === isComplex ? [index] : [],
    );
    const order = permutation(places.length, next);
    places.forEach((place, index) => {
      dealt[place] = chances[places[order[index] as number] as number] as number;
    });
  }
  return dealt;
}

export function mean(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** The part of the cost that is saved. */
export function savingOf(before: Float64Array, after: Float64Array): number {
  return 1 - mean(after) / mean(before);
}
