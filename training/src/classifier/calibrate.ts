import { softmax } from "../../../services/classifier/src/judge/model.ts";
import { type LeftOut, weightsOf } from "./examples.ts";

const CLASSES = 3;
const STEPS = 400;
const RATE = 0.5;

export interface Calibration {
  readonly scale: [number, number, number];
  readonly offset: [number, number, number];
}

/**
 * A temperature and an offset per class (vector scaling, Guo et al. 2017), fitted by gradient descent to what was said of
 * left-out sources, each source weighing about the same.
 */
export function calibrate(leftOut: readonly LeftOut[]): Calibration {
  const weights = weightsOf(leftOut.map(({ example }) => example));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const scale: [number, number, number] = [1, 1, 1];
  const offset: [number, number, number] = [0, 0, 0];
  const shares = new Float64Array(CLASSES);
  for (let step = 0; step < STEPS; step += 1) {
    const slopes = new Float64Array(CLASSES * 2);
    for (const [index, { example, logits }] of leftOut.entries()) {
      for (let kind = 0; kind < CLASSES; kind += 1)
        shares[kind] = (logits[kind] as number) * (scale[kind] as number) + (offset[kind] as number);
      softmax(shares);
      for (let kind = 0; kind < CLASSES; kind += 1) {
        const slope =
          ((weights[index] as number) / total) *
          ((shares[kind] as number) - (kind === example.label ? 1 : 0));
        slopes[kind] = (slopes[kind] as number) + slope * (logits[kind] as number);
        slopes[CLASSES + kind] = (slopes[CLASSES + kind] as number) + slope;
      }
    }
    for (let kind = 0; kind < CLASSES; kind += 1) {
      scale[kind] = (scale[kind] as number) - RATE * (slopes[kind] as number);
      offset[kind] = (offset[kind] as number) - RATE * (slopes[CLASSES + kind] as number);
    }
  }
  const rounded = (value: number) => Math.round(value * 1e6) / 1e6;
  return {
    scale: [rounded(scale[0]), rounded(scale[1]), rounded(scale[2])],
    offset: [rounded(offset[0]), rounded(offset[1]), rounded(offset[2])],
  };
}
