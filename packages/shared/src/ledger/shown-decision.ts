import type { Decision } from "../contracts/index.ts";
import type { StoredDecision } from "./rows.ts";

/** A decision as callers see it, whether it was made for a job or for a dry run: what a row leaves out is said. */
export function shownDecision({ baseline: _, ...stored }: StoredDecision): Decision {
  return {
    ...stored,
    judged_class: stored.judged_class ?? stored.class,
    probabilities: stored.probabilities ?? null,
    degraded: stored.degraded ?? null,
    gate: stored.gate ?? null,
    shadow: stored.shadow ?? null,
    holdout: stored.holdout ?? false,
  };
}
