import type { JobClass } from "./job-class.ts";

/**
 * Why the local answer stands though a model was to be asked. Bounded, because each is a metric label: `timeout` is the
 * end time of the consultation, by which nobody had said anything; `outcome_unknown` a call that broke off; `too_slow` a
 * model that was not asked, because it was late for those before.
 */
export const CONSULT_FAILURES = [
  "timeout",
  "outcome_unknown",
  "nonsense",
  "refused",
  "throttled",
  "too_slow",
  "breaker_open",
  "unavailable",
  "unpriced",
  "too_large",
  "cost_limit",
  "budget_exceeded",
  "unroutable",
] as const;
export type ConsultFailure = (typeof CONSULT_FAILURES)[number];

/** Why a model was or was not asked for its judgement. */
export const GATE_REASONS = [
  "pays",
  "cannot_pay",
  "confident",
  "no_gate",
  "no_choice",
  "too_slow",
  "deadline",
  "cost_limit",
  "unpriced",
  "inactive",
  "cached",
] as const;
export type GateReason = (typeof GATE_REASONS)[number];

/** The arithmetic behind asking a model for its judgement; money as decimal USD, "0" where it did not come to that. */
export interface Gate {
  asked: boolean;
  /** What the call is expected to cost. */
  price_usd: string;
  /** What a judge that is always right would be worth for this job. */
  expected_saving_usd: string;
  /** The local judge's, 0 to 1. */
  confidence: number;
  reason: GateReason;
}

/** What the local judge gives each class; they add up to 1, but for rounding. */
export type Probabilities = Record<JobClass, number>;
