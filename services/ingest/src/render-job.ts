import { type AttemptView, isTerminal, type JobView } from "@switchyard/shared/contracts";
import { errorRow } from "@switchyard/shared/errors";
import {
  type AttemptRow,
  costPicoUsdOf,
  costStateOf,
  type JobRow,
  type StoredError,
  shownDecision,
} from "@switchyard/shared/ledger";
import { formatUsd } from "@switchyard/shared/pricing";
import { apiCodeOf, isDeadLetter, knownCode } from "./dead-letter.ts";
import { renderCost, usageOf } from "./render-cost.ts";
import { heldOf } from "./render-held.ts";

export interface Rendering {
  job: JobRow;
  attempts: readonly AttemptRow[];
  /** The answer's text where it is asked for and there is one. */
  text: string | null;
}

/** A job as callers see it. */
export function renderJob({ job, attempts, text }: Rendering): JobView {
  const answered = attempts.find((attempt) => attempt.n === job.resultAttempt);
  const isAnswered = text !== null && answered !== undefined;
  return {
    id: job.jobId,
    object: "job",
    status: job.status,
    version: job.version,
    generation: job.generation,
    created_at: instant(job.createdAt),
    updated_at: instant(job.updatedAt),
    deadline_at: instant(job.deadlineAt),
    model_requested: job.request.model,
    on_unknown: job.request.onUnknown,
    priority: job.request.priority,
    min_class: job.request.bounds?.min ?? null,
    max_class: job.request.bounds?.max ?? null,
    max_output_tokens: job.request.maxOutputTokens,
    max_cost_usd: job.request.maxCostUsd,
    decision: job.decision === undefined ? null : shownDecision(job.decision),
    arm: job.arm ?? null,
    model: job.modelId ?? null,
    fallbacks: (job.fallbacks ?? []).map(({ from, to, reason, atMs }) => ({
      from,
      to,
      reason,
      at: instant(atMs),
    })),
    attempts: attempts.map(attemptOf),
    held: heldOf(job),
    usage: usageOf(answered?.usage),
    cost: costOf(job, attempts),
    result: isAnswered
      ? {
          text,
          finish_reason: answered.finishReason ?? "stop",
          model: answered.responseModel ?? answered.modelId,
        }
      : null,
    error: job.failure === undefined || job.status !== "failed" ? null : errorOf(job.failure),
    dead_letter: isDeadLetter(job),
    discarded:
      job.discarded === undefined ? null : { at: instant(job.discarded.atMs), reason: job.discarded.reason },
    feedback: feedbackOf(job),
    metadata: job.request.metadata,
    links: { self: `/v1/jobs/${job.jobId}`, cancel: `/v1/jobs/${job.jobId}/cancel` },
  };
}

function feedbackOf({ feedback }: JobRow): JobView["feedback"] {
  if (feedback === undefined) return null;
  const { score, note = null, shouldHaveBeen = null, atMs } = feedback;
  return { score, note, should_have_been: shouldHaveBeen, at: instant(atMs) };
}

function attemptOf(attempt: AttemptRow): AttemptView {
  return {
    n: attempt.n,
    generation: attempt.generation,
    kind: attempt.kind,
    model: attempt.modelId,
    provider: attempt.providerId,
    started_at: instant(attempt.startedAt),
    ended_at: attempt.endedAt === undefined ? null : instant(attempt.endedAt),
    outcome: attempt.state === "intent" ? "in_flight" : attempt.state,
    error: attempt.error === undefined || attempt.state === "settled" ? null : errorOf(attempt.error),
    usage: usageOf(attempt.usage),
    ...renderCost(attempt),
    provider_request_id: attempt.providerRequestId ?? null,
  };
}

/** The money of a job: sums over its attempts, and what is not known beside them. */
export function costOf(job: JobRow, attempts: readonly AttemptRow[]): JobView["cost"] {
  const settled = attempts.filter((attempt) => attempt.state === "settled");
  const total = sum(settled);
  const estimated = attempts.reduce((sum, { estimate }) => sum + (estimate?.costPicoUsd ?? 0n), 0n);
  // A settled call without an exact cost is not free: like one whose outcome is unknown it counts at its bound.
  const atRisk = attempts
    .filter((attempt) => !["measured", null].includes(costStateOf(attempt)))
    .reduce((most, attempt) => most + attempt.maxCostPicoUsd, 0n);
  const isPriced = settled.every((attempt) => costPicoUsdOf(attempt) !== undefined);
  const baseline = job.baselinePicoUsd;
  // What was paid for a job that ended without an answer was saved by nobody.
  const hasNoAnswer = isTerminal(job.status) && job.resultAttempt === undefined;
  const against = baseline ?? (hasNoAnswer ? 0n : undefined);
  return {
    total_usd: formatUsd(total),
    classifier_usd: formatUsd(sum(settled.filter((attempt) => attempt.kind === "classify"))),
    baseline_usd: baseline === undefined ? null : formatUsd(baseline),
    saved_usd: against === undefined || !isPriced ? null : formatUsd(against - total),
    estimated_usd: formatUsd(estimated),
    at_risk_usd: formatUsd(atRisk),
  };
}

function sum(attempts: readonly AttemptRow[]): bigint {
  return attempts.reduce((total, attempt) => total + (costPicoUsdOf(attempt) ?? 0n), 0n);
}

/** The stored code in the words of the API; one of an older release is shown as an internal error. */
function errorOf({ code, message }: StoredError): { code: string; message: string } {
  const row = errorRow(knownCode(code));
  return { code: apiCodeOf(code), message: row.kind === "fault" ? row.title : message };
}

function instant(ms: number): string {
  return new Date(ms).toISOString();
}
