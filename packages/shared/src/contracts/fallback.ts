/** Why a job leaves a model for another one; each has a list of models of its own. */
export const FALLBACK_REASONS = ["context_window", "content_refused", "unavailable", "default"] as const;
export type FallbackReason = (typeof FALLBACK_REASONS)[number];

/** One step of a job from model to model. */
export interface FallbackView {
  from: string;
  to: string;
  reason: FallbackReason;
  at: string;
}
