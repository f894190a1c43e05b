import { addBoosted, type Boosted, trainBoosted } from "./boost.ts";
import { type Example, weightsOf } from "./examples.ts";
import { type Linear, linearLogits, trainLinear } from "./linear.ts";

/** Both models; their mean is the logit before calibration. */
export interface Ensemble {
  readonly linear: Linear;
  readonly boosted: Boosted;
}

export function trainEnsemble(examples: readonly Example[], seed: number): Ensemble {
  const weights = weightsOf(examples);
  return { linear: trainLinear(examples, weights, seed), boosted: trainBoosted(examples, weights, seed) };
}

/** Mean logits of both models for an example. */
export function logitsOf({ linear, boosted }: Ensemble, example: Example): Float64Array {
  const logits = new Float64Array(3);
  linearLogits(linear, example, logits);
  addBoosted(boosted, example, logits);
  return logits.map((logit) => logit / 2);
}
