import { FEATURE_NAMES } from "../../../services/classifier/src/judge/features.ts";
import type { Example } from "./examples.ts";

const FEATURES = FEATURE_NAMES.length;
export const MOST_BINS = 24;

/** Features in bins, so that the best split of a node is found by adding up. */
export interface Binned {
  /** By feature: the upper edges of all bins but the last. */
  readonly edges: readonly Float32Array[];
  /** Example by example, feature by feature. */
  readonly bins: Uint8Array;
}

export function binned(examples: readonly Example[]): Binned {
  const edges = Array.from({ length: FEATURES }, (_, feature) =>
    edgesOf(Float32Array.from(examples, ({ features }) => features[feature] as number)),
  );
  const bins = new Uint8Array(examples.length * FEATURES);
  for (const [index, { features }] of examples.entries()) {
    for (let feature = 0; feature < FEATURES; feature += 1)
      bins[index * FEATURES + feature] = binOf(edges[feature] as Float32Array, features[feature] as number);
  }
  return { edges, bins };
}

/** Every value has a bin of its own where there are few, else about as many values fall into each. */
function edgesOf(values: Float32Array): Float32Array {
  values.sort();
  const distinct = values.filter((value, index) => index === 0 || value !== values[index - 1]);
  if (distinct.length <= MOST_BINS) return distinct.slice(0, -1);
  const edges = new Set<number>();
  for (let bin = 1; bin < MOST_BINS; bin += 1)
    edges.add(values[Math.floor((bin * values.length) / MOST_BINS)] as number);
  return Float32Array.from(edges);
}

function binOf(edges: Float32Array, value: number): number {
  let bin = 0;
  while (bin < edges.length && value > (edges[bin] as number)) bin += 1;
  return bin;
}
