import { type Evidence, evidenceOf } from "../judge/evidence.ts";
import type { JudgeInput } from "../judge/excerpt.ts";
import { PATTERNS } from "../judge/patterns.ts";
import { WORD_SIGNALS } from "../judge/signals.ts";

/** To be raised whenever the same text may have other features: a model of another version is refused. */
export const FEATURES_VERSION = "evidence-1";

const FEATURES: readonly (readonly [name: string, strength: (evidence: Evidence) => number])[] = [
  ...WORD_SIGNALS.map(
    ({ kind, says }) => [says, (evidence: Evidence) => evidence.words.get(kind) ?? 0] as const,
  ),
  ...WORD_SIGNALS.map(
    ({ kind, says }) =>
      [`opens: ${says}`, (evidence: Evidence) => Number(evidence.openings.has(kind))] as const,
  ),
  ...Object.entries(PATTERNS),
];

/** What each feature says, in words; made of the judge's own words, never of a prompt's. */
export const FEATURE_NAMES: readonly string[] = FEATURES.map(([name]) => name);

/** What the judge sees of a conversation, 0 to 1 each, in the order of the names. */
export function featuresOf(input: JudgeInput): Float64Array {
  const evidence = evidenceOf(input);
  return Float64Array.from(FEATURES, ([, strength]) => Math.min(1, Math.max(0, strength(evidence))));
}
