import { createHash } from "node:crypto";
import { JOB_CLASSES } from "@switchyard/shared/contracts";
import { SwitchyardError } from "@switchyard/shared/errors";
import { z } from "zod";
import { BUCKETS, buckets } from "./buckets.ts";
import { dense, FEATURE_NAMES, FEATURES_VERSION } from "./features.ts";

const CLASSES = JOB_CLASSES.length;
const base64 = z.base64();
const perClass = z.tuple([z.number(), z.number(), z.number()]);

/** Weights as they are written to a file; arrays are little-endian, in base64. */
export const WeightsFile = z.strictObject({
  format: z.literal("switchyard-classifier/1"),
  /** `FEATURES_VERSION` of the code that the weights were fitted to. */
  features: z.string(),
  trained_on: z.strictObject({
    /** With the SHA-256 of each file's text. */
    files: z.array(z.strictObject({ name: z.string(), digest: z.string(), rows: z.int() })),
    rows: z.int(),
    sources: z.int(),
    seed: z.int(),
  }),
  /** Scores on sources that were left out of the training. */
  scores: z.record(z.string(), z.number()),
  /** A logit is `scale × (linear + trees) / 2 + offset`: fitted to sources left out. */
  calibration: z.strictObject({ scale: perClass, offset: perClass }),
  /** How much worse it is to miss each class: the class chosen has the highest probability × cost. */
  costs: perClass,
  linear: z.strictObject({
    bias: perClass,
    /** Of one unit of the weights in `buckets`, by class. */
    bucket_unit: perClass,
    /** Buckets of a text count together as `bucket_norm / √count` each. */
    bucket_norm: z.number(),
    /** Int8, bucket by bucket, class by class. */
    buckets: base64,
    /** Float32, feature by feature, class by class. */
    features: base64,
  }),
  /**
   * Boosted trees, one after another: each tree's nodes in preorder, so that the left child is the next node; `right` counts
   * from the tree's first node; `feature` −1 is a leaf. `value` of an inner node is what it would say as a leaf.
   */
  trees: z.strictObject({
    starts: z.array(z.int()),
    feature: base64,
    threshold: base64,
    right: base64,
    value: base64,
  }),
});
export type WeightsFile = z.infer<typeof WeightsFile>;

/** Probabilities of a text, and what spoke for each class. */
export interface Reading {
  readonly probabilities: Float64Array;
  /** The class that is chosen, as its place in `JOB_CLASSES`. */
  readonly chosen: number;
  /** By feature and then class: what it added to the logits. The last entry is the wording. */
  readonly contributions: Float64Array;
}

export interface Model {
  readonly version: string;
  /** The files it was trained on: its scores on these say nothing. */
  readonly trainedOn: WeightsFile["trained_on"]["files"];
  /** Scores on sources left out of its training, by name. */
  readonly scores: Readonly<Record<string, number>>;
  /** Reads the text that was scanned last. What it returns is overwritten by the next reading. */
  read(): Reading;
}

/**
 * A model from the text of a weights file.
 * @throws SwitchyardError CONFIG_INVALID naming the file when it is no such file, or was fitted to other features.
 */
export function readModel(text: string, where: string): Model {
  const file = parsed(text, where);
  if (file.features !== FEATURES_VERSION) {
    const message = `${where}: fitted to ${file.features}, this is ${FEATURES_VERSION}; train again`;
    throw new SwitchyardError("CONFIG_INVALID", message);
  }
  const weights = decoded(file);
  const problem = problemOf(weights);
  if (problem !== null) throw new SwitchyardError("CONFIG_INVALID", `${where}: ${problem}; train again`);
  const logits = new Float64Array(CLASSES);
  const probabilities = new Float64Array(CLASSES);
  const contributions = new Float64Array((FEATURE_NAMES.length + 1) * CLASSES);
  const { calibration, costs } = file;
  return {
    version: `local-${createHash("sha256").update(text).digest("hex").slice(0, 12)}`,
    trainedOn: file.trained_on.files,
    scores: file.scores,
    read() {
      contributions.fill(0);
      addLinear(weights, logits, contributions);
      addTrees(weights, logits, contributions);
      for (let kind = 0; kind < CLASSES; kind += 1) {
        const scale = (calibration.scale[kind] as number) / 2;
        probabilities[kind] = (logits[kind] as number) * scale + (calibration.offset[kind] as number);
      }
      softmax(probabilities);
      return { probabilities, chosen: dearest(probabilities, costs), contributions };
    },
  };
}

type Weights = ReturnType<typeof decoded>;

/** What would make a judgement wrong or endless; null when nothing does. */
function problemOf({ buckets: ofBuckets, features, starts, nodes }: Weights): string | null {
  if (ofBuckets.length !== BUCKETS * CLASSES || features.length !== FEATURE_NAMES.length * CLASSES)
    return "has weights for another number of features";
  const count = nodes.feature.length;
  const lengths = [nodes.threshold.length, nodes.right.length, nodes.value.length];
  if (lengths.some((length) => length !== count) || starts.length % CLASSES !== 0)
    return "its trees are not whole";
  const numbers = [...features, ...nodes.threshold, ...nodes.value];
  if (!numbers.every(Number.isFinite)) return "holds what is no number";
  for (const [tree, start] of starts.entries()) {
    const end = starts[tree + 1] ?? count;
    if (start < 0 || end <= start || end > count) return "its trees are not whole";
    for (let node = start; node < end; node += 1) {
      const feature = nodes.feature[node] as number;
      const right = start + (nodes.right[node] as number);
      // Children stand behind their parent, so that every path ends.
      const isWhole = feature < FEATURE_NAMES.length && right > node + 1 && right < end;
      if (feature >= 0 && !isWhole) return "its trees are not whole";
    }
  }
  return null;
}

function addLinear(weights: Weights, logits: Float64Array, contributions: Float64Array): void {
  const { bias, bucket_norm: norm, bucket_unit: units } = weights.linear;
  const sums = [0, 0, 0] as [number, number, number];
  for (let index = 0; index < buckets.count; index += 1) {
    const place = (buckets.ids[index] as number) * CLASSES;
    sums[0] += weights.buckets[place] as number;
    sums[1] += weights.buckets[place + 1] as number;
    sums[2] += weights.buckets[place + 2] as number;
  }
  const wording = FEATURE_NAMES.length * CLASSES;
  for (let kind = 0; kind < CLASSES; kind += 1) {
    const unit = (norm / Math.sqrt(Math.max(1, buckets.count))) * (units[kind] as number);
    contributions[wording + kind] = (sums[kind] as number) * unit;
    logits[kind] = (bias[kind] as number) + (contributions[wording + kind] as number);
  }
  for (let feature = 0; feature < FEATURE_NAMES.length; feature += 1) {
    const value = dense[feature] as number;
    if (value === 0) continue;
    for (let kind = 0; kind < CLASSES; kind += 1) {
      const place = feature * CLASSES + kind;
      contributions[place] = value * (weights.features[place] as number);
      logits[kind] = (logits[kind] as number) + (contributions[place] as number);
    }
  }
}

/** Adds what each tree says, and to each feature on its path what it changed (Saabas 2014). */
function addTrees({ starts, nodes }: Weights, logits: Float64Array, contributions: Float64Array): void {
  for (let tree = 0; tree < starts.length; tree += 1) {
    const kind = tree % CLASSES;
    const start = starts[tree] as number;
    let node = start;
    let feature = nodes.feature[node] as number;
    while (feature >= 0) {
      const isLeft = (dense[feature] as number) <= (nodes.threshold[node] as number);
      const next = isLeft ? node + 1 : start + (nodes.right[node] as number);
      const place = feature * CLASSES + kind;
      const change = (nodes.value[next] as number) - (nodes.value[node] as number);
      contributions[place] = (contributions[place] as number) + change;
      node = next;
      feature = nodes.feature[node] as number;
    }
    logits[kind] = (logits[kind] as number) + (nodes.value[node] as number);
  }
}

/** The class with the highest probability × cost of missing it. */
export function dearest(probabilities: Float64Array, costs: readonly number[]): number {
  let best = 0;
  for (let kind = 1; kind < CLASSES; kind += 1) {
    const worth = (probabilities[kind] as number) * (costs[kind] as number);
    if (worth > (probabilities[best] as number) * (costs[best] as number)) best = kind;
  }
  return best;
}

/** In place; total for any finite numbers. */
export function softmax(values: Float64Array): void {
  const highest = values.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
  let sum = 0;
  for (let index = 0; index < values.length; index += 1) {
    values[index] = Math.exp((values[index] as number) - highest);
    sum += values[index] as number;
  }
  for (let index = 0; index < values.length; index += 1) values[index] = (values[index] as number) / sum;
}

function parsed(text: string, where: string): WeightsFile {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new SwitchyardError("CONFIG_INVALID", `${where}: is not JSON`, { cause });
  }
  const result = WeightsFile.safeParse(json);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw new SwitchyardError("CONFIG_INVALID", `${where}: ${issue?.path.join(".")}: ${issue?.message}`);
}

function decoded({ linear, trees }: WeightsFile) {
  return {
    linear,
    buckets: new Int8Array(bytesOf(linear.buckets, 1)),
    features: new Float32Array(bytesOf(linear.features, 4)),
    starts: Int32Array.from(trees.starts),
    nodes: {
      feature: new Int16Array(bytesOf(trees.feature, 2)),
      threshold: new Float32Array(bytesOf(trees.threshold, 4)),
      right: new Int16Array(bytesOf(trees.right, 2)),
      value: new Float32Array(bytesOf(trees.value, 4)),
    },
  };
}

/** The bytes of an array, in memory of their own, as typed arrays want them: a whole number of values. */
function bytesOf(text: string, width: number): ArrayBuffer {
  const bytes = Buffer.from(text, "base64");
  return new Uint8Array(bytes.subarray(0, bytes.length - (bytes.length % width))).buffer;
}
