import { createHash } from "node:crypto";
import type { JobClass } from "@switchyard/shared/contracts";
import { uniforms } from "../../../../bench/src/random.ts";
import { FEATURE_NAMES } from "../../../../services/classifier/src/outcome/features.ts";
import type { Example } from "../example.ts";

export const CHOICES = {
  SIMPLE: { costPicoUsd: 100n, isCheap: true },
  CALCULATION: { costPicoUsd: 200n, isCheap: true },
  COMPLEX: { costPicoUsd: 2_000n, isCheap: false },
};

/**
 * Jobs judged by their first feature, as a router that looks only at it would; whether a cheaper model does is decided
 * by `cheapGood` from the second one and a number drawn.
 */
export function examplesOf(
  count: number,
  cheapGood: (second: number, drawn: number) => boolean | null,
  { seed = 1, strongGood = null as boolean | null } = {},
): Example[] {
  const next = uniforms(seed);
  return Array.from({ length: count }, (_, index) => {
    // Most features do not show in most prompts.
    const features = Float64Array.from(FEATURE_NAMES, (_, place) => (place < 2 || next() < 0.1 ? next() : 0));
    const judged: JobClass = (features[0] ?? 0) > 0.5 ? "COMPLEX" : "SIMPLE";
    return {
      jobId: `job_${index.toString().padStart(6, "0")}`,
      group: createHash("sha256").update(`${seed} ${index}`).digest("hex"),
      features,
      judged,
      current: judged,
      cheapGood: cheapGood(features[1] ?? 0, next()),
      strongGood,
      choices: CHOICES,
    };
  });
}
