import { FEATURES_VERSION } from "../../../services/classifier/src/judge/features.ts";
import type { WeightsFile } from "../../../services/classifier/src/judge/model.ts";
import type { Calibration } from "./calibrate.ts";
import type { Ensemble } from "./ensemble.ts";
import { BUCKET_NORM } from "./linear.ts";
import { COSTS } from "./scores.ts";

/** The model as the text of a weights file; the same bytes for the same training. */
export function weightsText(
  { linear, boosted }: Ensemble,
  calibration: Calibration,
  { trainedOn, scores }: { trainedOn: WeightsFile["trained_on"]; scores: Record<string, number> },
): string {
  const trees = boosted.flat();
  const starts: number[] = [];
  let nodes = 0;
  for (const tree of trees) {
    starts.push(nodes);
    nodes += tree.feature.length;
  }
  const units = [0, 1, 2].map((kind) => unitOf(linear.buckets.filter((_, place) => place % 3 === kind)));
  const file: WeightsFile = {
    format: "switchyard-classifier/1",
    features: FEATURES_VERSION,
    trained_on: trainedOn,
    scores,
    calibration,
    costs: COSTS,
    linear: {
      bias: triple(Array.from(linear.bias, Math.fround)),
      bucket_unit: triple(units),
      bucket_norm: BUCKET_NORM,
      buckets: base64(
        Int8Array.from(linear.buckets, (weight, place) => Math.round(weight / (units[place % 3] as number))),
      ),
      features: base64(Float32Array.from(linear.features)),
    },
    trees: {
      starts,
      feature: base64(Int16Array.from(trees.flatMap(({ feature }) => feature))),
      threshold: base64(Float32Array.from(trees.flatMap(({ threshold }) => threshold))),
      right: base64(Int16Array.from(trees.flatMap(({ right }) => right))),
      value: base64(Float32Array.from(trees.flatMap(({ value }) => value))),
    },
  };
  return `${JSON.stringify(file, null, 1)}\n`;
}

/** One step of Int8, so that the largest weight is 127 of them. */
function unitOf(weights: Float64Array): number {
  const most = weights.reduce((largest, weight) => Math.max(largest, Math.abs(weight)), 0);
  return Math.fround(most === 0 ? 1 : most / 127);
}

function triple([first = 0, second = 0, third = 0]: number[]): [number, number, number] {
  return [first, second, third];
}

function base64(values: Int8Array | Int16Array | Float32Array): string {
  return Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString("base64");
}
