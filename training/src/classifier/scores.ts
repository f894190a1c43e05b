import {
  accuracyOf,
  complexToSimpleOf,
  confusionOf,
  eceOf,
  macroF1Of,
} from "../../../bench/src/routing/class-scores.ts";
import { dearest, softmax } from "../../../services/classifier/src/judge/model.ts";
import type { Calibration } from "./calibrate.ts";
import type { LeftOut } from "./examples.ts";

/**
 * How much worse it is to miss a class: hard work sent to a small model costs quality, easy work sent to a large one
 * only money. The class chosen has the highest probability × cost.
 */
export const COSTS: [number, number, number] = [1, 1, 1.15];

export interface Judged {
  readonly leftOut: LeftOut;
  readonly chosen: number;
  readonly confidence: number;
}

export function judgeAll(leftOut: readonly LeftOut[], { scale, offset }: Calibration): Judged[] {
  return leftOut.map((one) => {
    const shares = one.logits.map(
      (logit, kind) => logit * (scale[kind] as number) + (offset[kind] as number),
    );
    softmax(shares);
    const chosen = dearest(shares, COSTS);
    return { leftOut: one, chosen, confidence: shares[chosen] as number };
  });
}

export interface Scores {
  readonly rows: number;
  readonly macroF1: number;
  readonly accuracy: number;
  readonly ece: number;
  /** Of COMPLEX, the share judged SIMPLE. */
  readonly complexToSimple: number;
}

export function scoresOf(judged: readonly Judged[]): Scores {
  const labels = Uint8Array.from(judged, ({ leftOut }) => leftOut.example.label);
  const chosen = Uint8Array.from(judged, (one) => one.chosen);
  const once = new Uint16Array(judged.length).fill(1);
  const confusion = confusionOf(labels, chosen, once);
  const confidences = Float64Array.from(judged, ({ confidence }) => confidence);
  const isRight = labels.map((label, index) => Number(label === chosen[index]));
  return {
    rows: judged.length,
    // Rows of one class have a recall, and that is their accuracy; an F1 would flatter it.
    macroF1: new Set(labels).size > 1 ? macroF1Of(confusion) : Number.NaN,
    accuracy: accuracyOf(confusion),
    // A control has no confidence, and so no calibration.
    ece: confidences.every(Number.isFinite) ? eceOf(confidences, isRight, once) : Number.NaN,
    complexToSimple: complexToSimpleOf(confusion),
  };
}
