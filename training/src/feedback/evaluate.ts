import type { JobClass } from "@switchyard/shared/contracts";
import { formatUsd } from "@switchyard/shared/pricing";
import { uniforms } from "../../../bench/src/random.ts";
import { type Estimate, estimate } from "../../../bench/src/routing/estimate.ts";
import type { Thresholds } from "../../../services/classifier/src/outcome/outcome-model.ts";
import {
  classesBy,
  type Labelled,
  mean,
  type Results,
  resultsOf,
  savingOf,
  shuffled,
  sumOf,
} from "./policy.ts";

/** What one way to route the held-back jobs comes to. */
interface Line {
  /** Decimal USD, rounded down to a whole pico-dollar. */
  usdPerJob: string;
  quality: number;
}

export interface Evaluation {
  jobs: number;
  moved: number;
  current: Line;
  candidate: Line;
  alwaysCheap: Line;
  alwaysStrong: Line;
  /** The candidate's decisions dealt out among the jobs at random: quality, over many deals. */
  shuffled: Estimate;
  /** Against the current routing. */
  saving: Estimate;
  qualityChange: Estimate;
}

const RESAMPLES = 1_000;
const DEALS = 200;

/** A candidate beside the current routing and its controls, on jobs that it was not fitted to. */
export function evaluate(
  examples: readonly Labelled[],
  candidate: { chances: readonly number[]; thresholds: Thresholds; strongRate: number },
  seed: number,
): Evaluation {
  const { chances, thresholds, strongRate } = candidate;
  const next = uniforms(seed);
  const under = (classes: readonly JobClass[]) => resultsOf(examples, classes, strongRate);
  const chosen = classesBy(examples, chances, thresholds);
  const before = under(examples.map(({ current }) => current));
  const after = under(chosen);
  const deals = Array.from({ length: DEALS }, () =>
    mean(under(classesBy(examples, shuffled(examples, chances, next), thresholds)).goods),
  );
  const samples = Array.from({ length: RESAMPLES }, () =>
    changes(before, after, resample(examples.length, next)),
  );
  const [saving, qualityChange] = changes(before, after, null);
  return {
    jobs: examples.length,
    moved: chosen.filter((jobClass, index) => jobClass !== examples[index]?.current).length,
    current: lineOf(before),
    candidate: lineOf(after),
    alwaysCheap: lineOf(under(examples.map(() => "CALCULATION" as const))),
    alwaysStrong: lineOf(under(examples.map(() => "COMPLEX" as const))),
    shuffled: estimate(deals.reduce((sum, deal) => sum + deal, 0) / DEALS, deals),
    saving: estimate(
      saving,
      samples.map(([one]) => one),
    ),
    qualityChange: estimate(
      qualityChange,
      samples.map(([, other]) => other),
    ),
  };
}

/** Places drawn with replacement. */
function resample(count: number, next: () => number): Uint32Array {
  return Uint32Array.from({ length: count }, () => Math.floor(next() * count));
}

function changes(
  before: Results,
  after: Results,
  places: Uint32Array | null,
): [saving: number, quality: number] {
  const costs = ({ costsPicoUsd }: Results) =>
    places === null ? costsPicoUsd : BigInt64Array.from(places, (place) => costsPicoUsd[place] as bigint);
  const goods = ({ goods }: Results) =>
    places === null ? goods : Float64Array.from(places, (place) => goods[place] as number);
  return [savingOf(costs(before), costs(after)), mean(goods(after)) - mean(goods(before))];
}

function lineOf({ costsPicoUsd, goods }: Results): Line {
  const usdPerJob = formatUsd(sumOf(costsPicoUsd) / BigInt(costsPicoUsd.length));
  return { usdPerJob, quality: mean(goods) };
}
