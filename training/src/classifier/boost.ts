import { uniforms } from "../../../bench/src/random.ts";
import { softmax } from "../../../services/classifier/src/judge/model.ts";
import { binned } from "./bins.ts";
import type { Example } from "./examples.ts";
import { growTree, type Tree, treeValue } from "./grow-tree.ts";

const CLASSES = 3;
const ROUNDS = 60;
const RATE = 0.15;
/** Each round sees a part of the features and of the examples, drawn by the seed. */
const FEATURE_SHARE = 0.4;
const EXAMPLE_SHARE = 0.5;

/** Trees by round and class; what they say is already multiplied by the rate. */
export type Boosted = readonly (readonly Tree[])[];

/** Gradient boosting of the multinomial loss (Friedman 2001), over the features alone. */
export function trainBoosted(examples: readonly Example[], weights: Float64Array, seed: number): Boosted {
  const data = binned(examples);
  const splittable = data.edges.flatMap((edges, feature) => (edges.length > 0 ? [feature] : []));
  const said = Array.from({ length: CLASSES }, () => new Float64Array(examples.length));
  const derivatives = Array.from({ length: CLASSES }, () => ({
    slope: new Float64Array(examples.length),
    curve: new Float64Array(examples.length),
  }));
  const next = uniforms(seed);
  const shares = new Float64Array(CLASSES);

  function derive(): void {
    for (const [index, { label }] of examples.entries()) {
      for (let kind = 0; kind < CLASSES; kind += 1) shares[kind] = said[kind]?.[index] as number;
      softmax(shares);
      for (const [kind, { slope, curve }] of derivatives.entries()) {
        const share = shares[kind] as number;
        slope[index] = (weights[index] as number) * (share - (kind === label ? 1 : 0));
        curve[index] = (weights[index] as number) * Math.max(1e-6, share * (1 - share));
      }
    }
  }

  return Array.from({ length: ROUNDS }, () => {
    derive();
    const drawn = Uint32Array.from(examples.keys()).filter(() => next() < EXAMPLE_SHARE);
    const features = splittable.filter(() => next() < FEATURE_SHARE);
    return derivatives.map((ofClass, kind) => {
      const tree = growTree({ data, derivatives: ofClass, features }, drawn);
      tree.value = tree.value.map((value) => Math.fround(value * RATE));
      const sayings = said[kind] as Float64Array;
      for (const [index, example] of examples.entries())
        sayings[index] = (sayings[index] as number) + treeValue(tree, example.features);
      return tree;
    });
  });
}

/** Adds what the trees say of an example to `logits`. */
export function addBoosted(boosted: Boosted, { features }: Example, logits: Float64Array): void {
  for (const round of boosted) {
    for (const [kind, tree] of round.entries())
      logits[kind] = (logits[kind] as number) + treeValue(tree, features);
  }
}
