import { readBuckets } from "./buckets.ts";
import { excerptOf, type JudgeInput } from "./excerpt.ts";
import { mayBeSteered, readFeatures, standsAlone } from "./features.ts";
import { scan } from "./reading/scan.ts";
import { withoutSteering } from "./steering.ts";

/** Reads a conversation into the features and buckets that the model sees; the next reading overwrites them. */
export function readPrompt(input: JudgeInput): void {
  const { text, context } = excerptOf(input);
  scan(text);
  readFeatures();
  const task = mayBeSteered() ? withoutSteering(text) : text;
  const isFollowUp = context !== "" && !standsAlone();
  if (task !== text || isFollowUp) {
    scan(isFollowUp ? `${context}\n${task}` : task);
    readFeatures();
  }
  readBuckets();
}
