import type { Arm } from "./arm.ts";
import type { FallbackView } from "./fallback.ts";
import type { FeedbackView } from "./feedback.ts";
import type { HeldView } from "./held.ts";
import type { JobClass } from "./job-class.ts";
import type { ConsultFailure, Gate, Probabilities } from "./judging.ts";
import type { Priority } from "./priority.ts";

/** The states a caller sees. The last four are terminal. */
export const JOB_STATUSES = [
  "queued",
  "running",
  "cancelling",
  "succeeded",
  "failed",
  "cancelled",
  "expired",
] as const;
export type JobStatus = (typeof JOB_STATUSES)[number];

export const TERMINAL_STATUSES = ["succeeded", "failed", "cancelled", "expired"] as const;
export type TerminalStatus = (typeof TERMINAL_STATUSES)[number];

export function isTerminal(status: JobStatus): status is TerminalStatus {
  return (TERMINAL_STATUSES as readonly string[]).includes(status);
}

/** One model that was considered for a job, and why it was not taken (`null`: it was). */
export interface Candidate {
  model: string;
  /** Decimal USD; null when the model has no price. */
  expected_cost_usd: string | null;
  rejected_because: string | null;
}

/** What a routing that is tried out would have chosen; it changed nothing. */
export interface Shadow {
  version: string;
  model: string;
  class: JobClass;
  /** By expected costs; negative where it would have cost more. */
  saves_usd: string;
}

export interface Decision {
  /** What the job is routed as. */
  class: JobClass;
  /** What it was judged to be, before bounds moved it. */
  judged_class: JobClass;
  /** What the local judge gives the class that it was judged to be, 0 to 1. */
  confidence: number;
  /** Null for jobs judged by a release that did not keep them. */
  probabilities: Probabilities | null;
  strategy: string;
  strategy_version: string;
  reasons: string[];
  candidates: Candidate[];
  /** What judging itself cost, decimal USD; null while that is not known. */
  cost_usd: string | null;
  ms: number;
  /** Why the local answer stands though a model was to be asked; null when none was, or it answered. */
  degraded: ConsultFailure | null;
  /** Whether asking a model pays; null in mode `local`. */
  gate: Gate | null;
  /** Null where nothing is tried out. */
  shadow: Shadow | null;
  /** A random draw sent the job to the baseline, whatever it was judged to be. */
  holdout: boolean;
}

/** Tokens as billed, in components that do not overlap; reasoning is part of the output. */
export interface UsageView {
  input_tokens: number;
  cached_input_tokens: number;
  cache_write_tokens: number;
  /** The part of `cache_write_tokens` that is kept for an hour. */
  cache_write_1h_tokens: number;
  output_tokens: number;
  reasoning_tokens: number;
}

export interface AttemptView {
  n: number;
  /** Which run of the job made it. */
  generation: number;
  kind: "classify" | "invoke";
  model: string;
  provider: string;
  started_at: string;
  ended_at: string | null;
  outcome: "in_flight" | "settled" | "void" | "unknown";
  error: { code: string; message: string } | null;
  usage: UsageView | null;
  /** What `cost_usd` is worth; null: certainly not billed. */
  cost_state: "measured" | "estimated" | "unpriced" | "at_risk" | null;
  /** Measured, or estimated; null in every other state. */
  cost_usd: string | null;
  /** In state `estimated`. */
  estimate: { method: string; usage: UsageView } | null;
  /** Components that have tokens and no rate, and what the others come to. */
  unpriced: { components: string[]; priced_usd: string } | null;
  /** The cost is that of a price which was found, or had changed, only later. */
  adjusted: boolean;
  price_id: string;
  price_version: string;
  /** What served the call, as far as is known. */
  service_tier: string;
  /** What was odd about the provider's usage, or had to be assumed. */
  usage_notes: string[];
  provider_request_id: string | null;
}

/** The body of every answer that shows a job. Money is always a decimal string. */
export interface JobView {
  id: string;
  object: "job";
  status: JobStatus;
  version: number;
  /** 1, and one more with every replay. */
  generation: number;
  created_at: string;
  updated_at: string;
  deadline_at: string;
  model_requested: string;
  on_unknown: "retry" | "fail";
  priority: Priority;
  /** The bounds that hold for it: its own and those of its key, the narrower of each. */
  min_class: JobClass | null;
  max_class: JobClass | null;
  max_output_tokens: number | null;
  max_cost_usd: string | null;
  decision: Decision | null;
  /** The side of the comparison of routing with the baseline that the job is on, for good; null: on neither. */
  arm: Arm | null;
  model: string | null;
  /** The models that the job left in its present generation, and why; the last `to` is `model`. */
  fallbacks: FallbackView[];
  attempts: AttemptView[];
  /** Why the job is not called though it is its turn; null when nothing keeps it. */
  held: HeldView | null;
  usage: UsageView | null;
  cost: {
    /** Sum of the settled attempts so far. */
    total_usd: string;
    classifier_usd: string;
    /** What the strongest allowed model would have cost for the same tokens; null until it is known. */
    baseline_usd: string | null;
    saved_usd: string | null;
    /** Sum of the calls whose provider stated no usage; not in the total. */
    estimated_usd: string;
    /** Upper bound of the calls whose outcome, or whose price, is unknown. */
    at_risk_usd: string;
  };
  result: { text: string; finish_reason: string; model: string } | null;
  error: { code: string; message: string } | null;
  /** Failed, and nobody has decided yet whether to replay or to discard it. */
  dead_letter: boolean;
  discarded: { at: string; reason: string } | null;
  /** How good the outcome was, as its caller said last. */
  feedback: FeedbackView | null;
  metadata: Record<string, string>;
  links: { self: string; cancel: string };
}
