import type { JudgeInput } from "../judge/excerpt.ts";
import { dense } from "../judge/features.ts";
import { readPrompt } from "../judge/read-prompt.ts";

export { FEATURE_NAMES, FEATURES_VERSION } from "../judge/features.ts";

/** What the judge sees of a conversation, 0 to 1 each, in the order of the names. */
export function featuresOf(input: JudgeInput): Float64Array {
  readPrompt(input);
  return Float64Array.from(dense, (value) => Math.min(1, value));
}
