import { readBuckets } from "./buckets.ts";
import { excerptOf, type JudgeInput } from "./excerpt.ts";
import { readFeatures } from "./features.ts";
import { findWords, isFollowUp, opensTask, words } from "./find-words.ts";
import { scan } from "./reading/scan.ts";
import { findZones } from "./reading/zones.ts";
import { withoutSteering } from "./steering.ts";

/** Reads a conversation into the features and buckets that the model sees; the next reading overwrites them. */
export function readPrompt(input: JudgeInput): void {
  const { text, context, system } = excerptOf(input);
  scan(text);
  readFeatures();
  const before = context !== "" && isFollowUp(text.length) ? `${context}\n` : "";
  const standing = system === "" ? "" : `${system}\n`;
  const { steering } = words.side;
  if (steering || before !== "" || standing !== "") {
    scan(standing + before + (steering ? withoutSteering(text, isTask) : text));
    readFeatures();
  }
  readBuckets();
}

function isTask(part: string): boolean {
  scan(part);
  findZones();
  findWords();
  return opensTask();
}
