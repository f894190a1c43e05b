import { z } from "zod";
import {
  ARMS,
  CONSULT_FAILURES,
  FALLBACK_REASONS,
  GATE_REASONS,
  HOLD_REASONS,
  JOB_CLASSES,
  JOB_STATUSES,
  NO_ROOM_CAUSES,
  PRIORITIES,
  Usage,
} from "../contracts/index.ts";
import { SwitchyardError } from "../errors/index.ts";
import type { AdjustmentRow } from "./adjustment-row.ts";
import { StoredPrice } from "./stored-price.ts";

export const StoredError = z.object({ code: z.string(), message: z.string() });
export type StoredError = z.infer<typeof StoredError>;

const StoredCandidate = z.object({
  model: z.string(),
  expected_cost_usd: z.string().nullable(),
  rejected_because: z.string().nullable(),
});

/** What an outcome model in the shadow would have chosen, and what that would have saved by expected costs. */
export const StoredShadow = z.object({
  version: z.string(),
  model: z.string(),
  class: z.enum(JOB_CLASSES),
  /** Decimal USD; negative where it would have cost more. */
  saves_usd: z.string(),
});
export type StoredShadow = z.infer<typeof StoredShadow>;

/** The arithmetic behind asking a model for its judgement. */
export const StoredGate = z.object({
  asked: z.boolean(),
  price_usd: z.string(),
  expected_saving_usd: z.string(),
  confidence: z.number(),
  reason: z.enum(GATE_REASONS),
});

export const StoredDecision = z.object({
  class: z.enum(JOB_CLASSES),
  /** What the job was judged to be, where that is another class. */
  judged_class: z.enum(JOB_CLASSES).optional(),
  confidence: z.number(),
  strategy: z.string(),
  strategy_version: z.string(),
  reasons: z.array(z.string()),
  candidates: z.array(StoredCandidate),
  /** Null where it is not known. */
  cost_usd: z.string().nullable(),
  ms: z.number(),
  /** The price of the strongest model allowed for the job, against which its saving is counted. */
  baseline: z.object({ model: z.string(), price: StoredPrice }).nullable(),
  shadow: StoredShadow.optional(),
  /** What the local judge gives each class; rows of earlier releases have none. */
  probabilities: z.object({ SIMPLE: z.number(), CALCULATION: z.number(), COMPLEX: z.number() }).optional(),
  /** The local answer stands, because the model that was to be asked did not answer. */
  degraded: z.enum(CONSULT_FAILURES).optional(),
  gate: StoredGate.optional(),
  /** A random draw sent the job to the baseline. */
  holdout: z.literal(true).optional(),
});
export type StoredDecision = z.infer<typeof StoredDecision>;

/** The stage whose summons is due for a job that is not terminal. */
const DUE_STAGES = ["classify", "invoke", "settle"] as const;

/** What the caller asked for, apart from the prompt. */
export const StoredRequest = z.object({
  model: z.string(),
  maxOutputTokens: z.number().nullable(),
  maxCostUsd: z.string().nullable(),
  onUnknown: z.enum(["retry", "fail"]),
  priority: z.enum(PRIORITIES),
  /** The classes it may be routed as, by its own wish and by its key; absent: any. */
  bounds: z.object({ min: z.enum(JOB_CLASSES).nullable(), max: z.enum(JOB_CLASSES).nullable() }).optional(),
  metadata: z.record(z.string(), z.string()),
});
export type StoredRequest = z.infer<typeof StoredRequest>;

/** One step of a job from model to model. */
export const StoredFallback = z.object({
  from: z.string(),
  to: z.string(),
  reason: z.enum(FALLBACK_REASONS),
  atMs: z.number(),
});
export type StoredFallback = z.infer<typeof StoredFallback>;

export const StoredFeedback = z.object({
  atMs: z.number(),
  score: z.number(),
  note: z.string().optional(),
  shouldHaveBeen: z.enum(JOB_CLASSES).optional(),
});
export type StoredFeedback = z.infer<typeof StoredFeedback>;

/** A model that is to judge the job, or did; one per generation. */
export const StoredConsult = z.object({
  modelId: z.string(),
  /** From then on the local answer stands. */
  endsAt: z.number(),
  /** What the local judge says. */
  localClass: z.enum(JOB_CLASSES),
  gate: StoredGate,
  /** The one attempt that was claimed for it, whether or not it has come to have a row. */
  n: z.number().optional(),
  /** Exactly one of the two, once it is over. */
  answer: z.enum(JOB_CLASSES).optional(),
  failure: z.enum(CONSULT_FAILURES).optional(),
});
export type StoredConsult = z.infer<typeof StoredConsult>;

/** Why the job's next call is not made yet. */
export const StoredHold = z.object({
  reason: z.enum(HOLD_REASONS),
  /** With reason `budget_exceeded`. */
  budgetId: z.string().optional(),
  cause: z.enum(NO_ROOM_CAUSES).optional(),
  /** The budget is one of the job's own tenant or key: its name may be told. */
  isOwn: z.boolean().optional(),
  /** When it goes on, as far as is known. */
  resumeAt: z.number().optional(),
});
export type StoredHold = z.infer<typeof StoredHold>;

export const JobRow = z.object({
  jobId: z.string(),
  tenant: z.string(),
  /** SHA-256 of the body as sent, keys sorted: what a repeated idempotency key is compared with. */
  fingerprint: z.string(),
  /** The API key that submitted it; rows of earlier releases have none. */
  keyId: z.string().optional(),
  /** By what its costs are told apart, besides; chosen when it was accepted. */
  tags: z.record(z.string(), z.string()).optional(),
  /** Its place in the trace that it was accepted in, for all its generations; absent where there was none. */
  traceparent: z.string().optional(),
  status: z.enum(JOB_STATUSES),
  dueStage: z.enum(DUE_STAGES),
  generation: z.number(),
  /** Rises by one with every visible change; every transition is conditional on it. */
  version: z.number(),
  createdAt: z.number(),
  updatedAt: z.number(),
  deadlineAt: z.number(),
  request: StoredRequest,
  promptChunks: z.number(),
  promptBytes: z.number(),
  /** Calls claimed so far, over all generations; the attempt rows are 1 to this number. */
  attempts: z.number(),
  /** Who claimed the last attempt, and until when the claim holds even without an intent row. */
  claimId: z.string().optional(),
  claimUntil: z.number().optional(),
  consult: StoredConsult.optional(),
  decision: StoredDecision.optional(),
  /** Drawn when it was first classified, and kept over replays; absent where it could not have been drawn. */
  arm: z.enum(ARMS).optional(),
  /** The share of the holdout, in millionths, under which it was drawn; with `arm`. */
  holdoutPpm: z.number().optional(),
  modelId: z.string().optional(),
  /** The models that it left in this generation, in order. */
  fallbacks: z.array(StoredFallback).optional(),
  held: StoredHold.optional(),
  /** The most that its calls may cost in this generation, as known when it was accepted or classified; only under a budget. */
  reservedPicoUsd: z.bigint().optional(),
  /** Set by whoever gives the job up; settle turns it into the terminal state. */
  failure: StoredError.optional(),
  /** The attempt whose answer is the job's result. */
  resultAttempt: z.number().optional(),
  /** Sum of the settled attempts, and what the baseline model would have cost for the tokens of the answers. */
  costPicoUsd: z.bigint().optional(),
  baselinePicoUsd: z.bigint().optional(),
  /** Settled attempts that have no exact cost and are in no sum; absent where all have. */
  unpricedCalls: z.number().optional(),
  /** Attempts whose cost the totals contain, and those whose risk they contain. */
  counted: z.array(z.number()).optional(),
  countedAtRisk: z.array(z.number()).optional(),
  /** By the number of an attempt: how often its cost was adjusted. */
  adjusted: z.record(z.string(), z.number()).optional(),
  attentionAt: z.number().optional(),
  /** When its present generation began, and the calls claimed in all earlier ones; absent in the first. */
  replayed: z.object({ atMs: z.number(), attemptsBefore: z.number() }).optional(),
  /** A person has looked at the ended job and wants it neither replayed nor listed as a dead letter. */
  discarded: z.object({ atMs: z.number(), reason: z.string() }).optional(),
  /** What its caller said last of the outcome of its present generation. */
  feedback: StoredFeedback.optional(),
  /** How often the sweeper has re-added the summons since the row last moved. */
  sweeps: z.number().default(0),
});
export type JobRow = z.infer<typeof JobRow>;

/** What a job's row says of the comparison of routed jobs with those held out. */
export type ArmJob = Pick<
  JobRow,
  | "arm"
  | "holdoutPpm"
  | "status"
  | "costPicoUsd"
  | "baselinePicoUsd"
  | "unpricedCalls"
  | "resultAttempt"
  | "counted"
  | "countedAtRisk"
>;

/** Where the totals hold something of an attempt: chosen once, by whoever writes what is to be held. */
export const TotalsPlace = z.object({
  /** The UTC hour, such as `2026-01-31T23`. */
  hour: z.string(),
  bucket: z.string(),
  slot: z.number(),
});
export type TotalsPlace = z.infer<typeof TotalsPlace>;

/** What a call probably took, by the method named; without a cost where its tokens have no rate. */
export const StoredEstimate = z.object({
  method: z.string(),
  usage: Usage,
  costPicoUsd: z.bigint().optional(),
});

export const ATTEMPT_STATES = ["intent", "settled", "void", "unknown"] as const;
export type AttemptState = (typeof ATTEMPT_STATES)[number];

export const AttemptRow = z.object({
  jobId: z.string(),
  n: z.number(),
  generation: z.number(),
  kind: z.enum(["classify", "invoke"]),
  state: z.enum(ATTEMPT_STATES),
  claimId: z.string(),
  modelId: z.string(),
  providerId: z.string(),
  tenant: z.string(),
  class: z.enum(JOB_CLASSES),
  /** The API key that its job was submitted with. */
  keyId: z.string().optional(),
  /** Those of its job. */
  tags: z.record(z.string(), z.string()).optional(),
  startedAt: z.number(),
  /** Until then the call may be on the wire, and nobody else may call for this job. */
  leaseUntil: z.number(),
  endedAt: z.number().optional(),
  price: StoredPrice,
  /** Upper bound of what the call can cost: what an unknown outcome puts at risk. */
  maxCostPicoUsd: z.bigint(),
  /** What the provider counted; absent where it stated nothing. */
  usage: Usage.optional(),
  /** The provider's own usage object, as it came. */
  rawUsage: z.string().optional(),
  /** What was odd about it, or had to be assumed. */
  usageNotes: z.array(z.string()).optional(),
  /** What served the call, where that is not the service tier that was asked for. */
  serviceTier: z.string().optional(),
  /** Exact, from the provider's own usage: the only money that sums and totals contain. */
  costPicoUsd: z.bigint().optional(),
  /** In place of usage and cost where the provider stated none. */
  estimate: StoredEstimate.optional(),
  /** What the baseline model would have cost for the same tokens; only of a call that brought its job an answer. */
  baselinePicoUsd: z.bigint().optional(),
  /** It was settled when nobody waited for its answer any more: its cost counts, its answer does not. */
  isSuperseded: z.boolean().optional(),
  /** Components that have tokens but no rate; then there is no cost. */
  unpriced: z.string().optional(),
  providerRequestId: z.string().optional(),
  responseModel: z.string().optional(),
  finishReason: z.string().optional(),
  /** Chunks of the stored answer; absent when a settled attempt's answer could not be stored. */
  resultChunks: z.number().optional(),
  error: StoredError.optional(),
  /** Of kind `classify`: what the model said, where that was a class. */
  judged: z.enum(JOB_CLASSES).optional(),
  /** The call was to find out whether the model works again: its failure speaks of the model, not of the job. */
  isProbe: z.boolean().optional(),
  /** Of a settled attempt. */
  totalsPlace: TotalsPlace.optional(),
  /** Of one that is unknown or was: there the totals hold its bound, and take it back once it is settled. */
  riskPlace: TotalsPlace.optional(),
});
/** Whoever reads it together with its job has its adjustments, too; they are rows of their own. */
export type AttemptRow = z.infer<typeof AttemptRow> & { adjustments?: readonly AdjustmentRow[] };

/**
 * A stored item as the row it must be.
 * @throws SwitchyardError ROW_INVALID naming the row and the first wrong attribute.
 */
export function readRow<Schema extends z.ZodType>(schema: Schema, item: Record<string, unknown>) {
  const parsed = schema.safeParse(item);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const where = `${String(item["pk"])} ${String(item["sk"])}: ${issue?.path.join(".")}: ${issue?.message}`;
  throw new SwitchyardError("ROW_INVALID", where, { cause: parsed.error });
}
