import { FEATURE_NAMES } from "../../../services/classifier/src/judge/features.ts";
import { type Binned, MOST_BINS } from "./bins.ts";

const FEATURES = FEATURE_NAMES.length;
const DEPTH = 4;
const LEAST_EXAMPLES = 20;
const LEAST_CURVATURE = 3;
const LEAST_GAIN = 1e-3;
/** Pulls what a leaf says towards 0. */
const SHRINKAGE = 4;

/** A tree's nodes in preorder: the left child is the next one; `feature` −1 is a leaf. */
export interface Tree {
  feature: number[];
  threshold: number[];
  right: number[];
  /** What the node would say as a leaf. */
  value: number[];
}

/** First and second derivative of the loss, by example. */
export interface Derivatives {
  readonly slope: Float64Array;
  readonly curve: Float64Array;
}

interface Split {
  readonly feature: number;
  readonly bin: number;
}

interface Sums {
  readonly slope: number;
  readonly curve: number;
}

interface Growth {
  readonly data: Binned;
  readonly derivatives: Derivatives;
  /** Those that this tree may split by. */
  readonly features: readonly number[];
}

/** Grows a regression tree by exact gain over bins (Chen and Guestrin 2016, equation 7). */
export function growTree(growth: Growth, examples: Uint32Array): Tree {
  const { data, derivatives } = growth;
  const tree: Tree = { feature: [], threshold: [], right: [], value: [] };

  function grow(members: Uint32Array, depth: number): number {
    const node = tree.feature.length;
    const total = sumOf(derivatives, members);
    tree.feature.push(-1);
    tree.threshold.push(0);
    tree.right.push(0);
    tree.value.push(-total.slope / (total.curve + SHRINKAGE));
    const split = depth === 0 || members.length < LEAST_EXAMPLES ? null : bestSplit(growth, members, total);
    if (split === null) return node;
    const { feature, bin } = split;
    const isLeft = (example: number) => (data.bins[example * FEATURES + feature] as number) <= bin;
    tree.feature[node] = feature;
    tree.threshold[node] = data.edges[feature]?.[bin] as number;
    grow(members.filter(isLeft), depth - 1);
    tree.right[node] = grow(
      members.filter((example) => !isLeft(example)),
      depth - 1,
    );
    return node;
  }

  grow(examples, DEPTH);
  return tree;
}

function sumOf(derivatives: Derivatives, members: Uint32Array): Sums {
  let slope = 0;
  let curve = 0;
  for (const example of members) {
    slope += derivatives.slope[example] as number;
    curve += derivatives.curve[example] as number;
  }
  return { slope, curve };
}

const slopes = new Float64Array(MOST_BINS + 1);
const curves = new Float64Array(MOST_BINS + 1);

function bestSplit({ data, derivatives, features }: Growth, members: Uint32Array, total: Sums): Split | null {
  let best: Split | null = null;
  let most = LEAST_GAIN;
  const gainOf = ({ slope, curve }: Sums) => slope ** 2 / (curve + SHRINKAGE);
  const whole = gainOf(total);
  for (const feature of features) {
    const bins = (data.edges[feature] as Float32Array).length + 1;
    slopes.fill(0, 0, bins);
    curves.fill(0, 0, bins);
    for (const example of members) {
      const bin = data.bins[example * FEATURES + feature] as number;
      slopes[bin] = (slopes[bin] as number) + (derivatives.slope[example] as number);
      curves[bin] = (curves[bin] as number) + (derivatives.curve[example] as number);
    }
    let slope = 0;
    let curve = 0;
    for (let bin = 0; bin + 1 < bins; bin += 1) {
      slope += slopes[bin] as number;
      curve += curves[bin] as number;
      const rest = { slope: total.slope - slope, curve: total.curve - curve };
      if (curve < LEAST_CURVATURE || rest.curve < LEAST_CURVATURE) continue;
      const gain = gainOf({ slope, curve }) + gainOf(rest) - whole;
      if (gain <= most) continue;
      most = gain;
      best = { feature, bin };
    }
  }
  return best;
}

/** What the tree says of these features. */
export function treeValue(tree: Tree, features: Float32Array): number {
  let node = 0;
  for (;;) {
    const feature = tree.feature[node] as number;
    if (feature < 0) return tree.value[node] as number;
    node =
      (features[feature] as number) <= (tree.threshold[node] as number)
        ? node + 1
        : (tree.right[node] as number);
  }
}
