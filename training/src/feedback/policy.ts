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
  costsPicoUsd: BigInt64Array;
  /** 1 for an answer that is good enough, 0 for one that is not; in between where only a rate is known. */
  goods: Float64Array;
}

/** @param strongRate how often a strong model's answer is good, for jobs of which nobody said. */
export function resultsOf(
  examples: readonly Labelled[],
  classes: readonly JobClass[],
  strongRate: number,
): Results {
  const costsPicoUsd = new BigInt64Array(examples.length);
  const goods = new Float64Array(examples.length);
  examples.forEach((example, index) => {
    const choice = example.choices[classes[index] as JobClass];
    costsPicoUsd[index] = choice.costPicoUsd;
    const strong = example.strongGood === null ? strongRate : Number(example.strongGood);
    goods[index] = choice.isCheap ? Number(example.cheapGood) : strong;
  });
  return { costsPicoUsd, goods };
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

export function sumOf(amounts: BigInt64Array): bigint {
  return amounts.reduce((sum, amount) => sum + amount, 0n);
}

/** The part of the cost that is saved, of the same jobs: the sums are exact, only their ratio is rounded. */
export function savingOf(before: BigInt64Array, after: BigInt64Array): number {
  const spent = sumOf(before);
  return Number(spent - sumOf(after)) / Number(spent);
}
