import { permutation, uniforms } from "../../../bench/src/random.ts";
import { BUCKETS } from "../../../services/classifier/src/judge/buckets.ts";
import { FEATURE_NAMES } from "../../../services/classifier/src/judge/features.ts";
import { softmax } from "../../../services/classifier/src/judge/model.ts";
import type { Example } from "./examples.ts";

const CLASSES = 3;
const EPOCHS = 5;
const RATE = 0.15;
/** The rate falls to this share of itself over the epochs. */
const LAST_RATE = 0.2;
const DECAY = 1e-4;
/** Buckets of a text count together as `BUCKET_NORM / √count` each. */
export const BUCKET_NORM = 3;

/** Multinomial logistic regression over buckets and features. */
export interface Linear {
  readonly bias: Float64Array;
  /** Bucket by bucket, class by class. */
  readonly buckets: Float64Array;
  /** Feature by feature, class by class. */
  readonly features: Float64Array;
}

/** Adagrad (Duchi et al. 2011), one example at a time, in an order drawn by the seed. */
export function trainLinear(examples: readonly Example[], weights: Float64Array, seed: number): Linear {
  const linear = {
    bias: new Float64Array(CLASSES),
    buckets: new Float64Array(BUCKETS * CLASSES),
    features: new Float64Array(FEATURE_NAMES.length * CLASSES),
  };
  const squares = {
    bias: new Float64Array(CLASSES).fill(1e-3),
    buckets: new Float64Array(linear.buckets.length).fill(1e-3),
    features: new Float64Array(linear.features.length).fill(1e-3),
  };
  const logits = new Float64Array(CLASSES);
  const next = uniforms(seed);

  let rate = RATE;

  function step(name: keyof Linear, place: number, gradient: number): void {
    const values = linear[name];
    const slope = gradient + (name === "bias" ? 0 : DECAY * (values[place] as number));
    squares[name][place] = (squares[name][place] as number) + slope * slope;
    values[place] = (values[place] as number) - (rate * slope) / Math.sqrt(squares[name][place] as number);
  }

  function learn(example: Example, weight: number): void {
    linearLogits(linear, example, logits);
    softmax(logits);
    const unit = BUCKET_NORM / Math.sqrt(Math.max(1, example.buckets.length));
    for (let kind = 0; kind < CLASSES; kind += 1) {
      const slope = weight * ((logits[kind] as number) - (kind === example.label ? 1 : 0));
      if (Math.abs(slope) < 1e-5) continue;
      step("bias", kind, slope);
      for (const bucket of example.buckets) step("buckets", bucket * CLASSES + kind, slope * unit);
      for (const [feature, value] of example.features.entries()) {
        if (value !== 0) step("features", feature * CLASSES + kind, slope * value);
      }
    }
  }

  for (let epoch = 0; epoch < EPOCHS; epoch += 1) {
    rate = RATE * (1 - (epoch / EPOCHS) * (1 - LAST_RATE));
    for (const index of permutation(examples.length, next))
      learn(examples[index] as Example, weights[index] as number);
  }
  return linear;
}

/** Writes what the model says of an example into `logits`. */
export function linearLogits(linear: Linear, example: Example, logits: Float64Array): void {
  const unit = BUCKET_NORM / Math.sqrt(Math.max(1, example.buckets.length));
  logits.fill(0);
  for (const bucket of example.buckets) {
    for (let kind = 0; kind < CLASSES; kind += 1)
      logits[kind] = (logits[kind] as number) + (linear.buckets[bucket * CLASSES + kind] as number);
  }
  for (let kind = 0; kind < CLASSES; kind += 1)
    logits[kind] = (logits[kind] as number) * unit + (linear.bias[kind] as number);
  for (const [feature, value] of example.features.entries()) {
    if (value === 0) continue;
    for (let kind = 0; kind < CLASSES; kind += 1)
      logits[kind] = (logits[kind] as number) + value * (linear.features[feature * CLASSES + kind] as number);
  }
}
