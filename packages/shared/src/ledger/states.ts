import { type ConsultFailure, isTerminal, type JobClass, type TerminalStatus } from "../contracts/index.ts";
import { costPicoUsdOf } from "./adjustments.ts";
import type { AttemptRow, JobRow, StoredConsult, StoredError } from "./rows.ts";

/** A job and its attempts as read together. */
export interface JobView {
  job: JobRow;
  attempts: readonly AttemptRow[];
}

/** What settle does with a job: end it, look again later, or leave it to another stage. */
export type Verdict =
  | { end: TerminalStatus; resultAttempt?: number; failure?: StoredError }
  | { waitUntil: number }
  | { leave: "terminal" | "not due" };

/** A lease counts as lapsed only so long after its end, so that clocks need not agree exactly. */
export const LEASE_GRACE_MS = 1_000;

/** What becomes of an intent whose lease has lapsed. */
export const LEASE_LAPSED: StoredError = {
  code: "PROVIDER_OUTCOME_UNKNOWN",
  message: "whoever made the call never said how it ended",
};

/** The settled attempt whose stored answer is the job's result, if there is one in this generation. */
export function answeredAttempt({ job, attempts }: JobView): AttemptRow | undefined {
  return attempts.find(
    (attempt) =>
      attempt.kind === "invoke" &&
      attempt.generation === job.generation &&
      attempt.state === "settled" &&
      attempt.resultChunks !== undefined,
  );
}

/** The attempt that may still be on the wire. */
export function openAttempt({ attempts }: JobView): AttemptRow | undefined {
  return attempts.find((attempt) => attempt.state === "intent");
}

/** True while an attempt is claimed whose row does not exist yet: its claimer may be about to call. */
export function isClaimPending({ job, attempts }: JobView, nowMs: number): boolean {
  const isClaimed = job.claimUntil !== undefined && job.claimUntil > nowMs;
  return isClaimed && !attempts.some((attempt) => attempt.n === job.attempts);
}

/**
 * The one place that decides how a job ends. Nothing ends while a call may still be on the wire. A
 * cancel that was accepted wins over everything; then an answer that was paid for; then a recorded
 * failure; then the deadline.
 */
export function verdictOf(view: JobView, nowMs: number): Verdict {
  const { job } = view;
  if (isTerminal(job.status)) return { leave: "terminal" };
  const open = openAttempt(view);
  if (open !== undefined) return { waitUntil: open.leaseUntil };
  if (isClaimPending(view, nowMs)) return { waitUntil: job.claimUntil ?? nowMs };
  if (job.status === "cancelling") return { end: "cancelled" };
  const answered = answeredAttempt(view);
  if (answered !== undefined) return { end: "succeeded", resultAttempt: answered.n };
  if (job.failure !== undefined) return { end: "failed" };
  if (hasLostAnswer(view)) return { end: "failed", failure: ANSWER_LOST };
  if (job.deadlineAt > nowMs) return { leave: "not due" };
  const wasPerhapsPaid = view.attempts.some((attempt) => attempt.state !== "void");
  return wasPerhapsPaid ? { end: "failed", failure: DEADLINE_AFTER_CALLS } : { end: "expired" };
}

function hasLostAnswer({ job, attempts }: JobView): boolean {
  return attempts.some(
    (attempt) =>
      attempt.kind === "invoke" && attempt.generation === job.generation && attempt.state === "settled",
  );
}

const ANSWER_LOST: StoredError = {
  code: "RESULT_LOST",
  message: "the call was paid for, but its answer could not be stored",
};

/** `expired` promises that nothing was paid; a job that ran out of time between calls has failed. */
const DEADLINE_AFTER_CALLS: StoredError = {
  code: "DEADLINE_PASSED",
  message: "the deadline passed between two attempts",
};

/** The most that calls can have cost: nothing where they are void, and their bound where nobody knows. */
export function mostSpentPicoUsd(attempts: readonly AttemptRow[]): bigint {
  return attempts.reduce(
    (sum, attempt) =>
      attempt.state === "void" ? sum : sum + (costPicoUsdOf(attempt) ?? attempt.maxCostPicoUsd),
    0n,
  );
}

/** How a consultation ended: a class, or why there is none. */
export type ConsultOutcome = { answer: JobClass } | { failure: ConsultFailure };

/** The consultation that is under way: the job has neither its outcome nor a model yet, and nobody wants its end. */
export function pendingConsult(job: JobRow): StoredConsult | undefined {
  const { consult } = job;
  if (consult === undefined || consult.answer !== undefined || consult.failure !== undefined)
    return undefined;
  const isOpen = job.modelId === undefined && job.failure === undefined && job.dueStage !== "settle";
  return isOpen && !isTerminal(job.status) ? consult : undefined;
}

/** What a void call means to who asked; anything else is a refusal. */
const VOID_FAILURES: Readonly<Record<string, ConsultFailure>> = {
  PROVIDER_THROTTLED: "throttled",
  PROVIDER_UNAVAILABLE: "unavailable",
  PROVIDER_KEY_REFUSED: "unavailable",
  PROCESS_STOPPING: "unavailable",
  ROW_CONFLICT: "unavailable",
};

/** What the attempt of a consultation says of it; undefined while it may be on the wire. */
export function consultOutcomeOf(
  { endsAt }: Pick<StoredConsult, "endsAt">,
  attempt: Pick<AttemptRow, "state" | "judged" | "error" | "endedAt">,
): ConsultOutcome | undefined {
  const isOutOfTime = (attempt.endedAt ?? endsAt) >= endsAt;
  switch (attempt.state) {
    case "intent":
      return undefined;
    case "settled":
      return attempt.judged === undefined ? { failure: "nonsense" } : { answer: attempt.judged };
    case "void": {
      const failure = VOID_FAILURES[attempt.error?.code ?? ""] ?? "refused";
      // No time was left to send it.
      return { failure: failure === "unavailable" && isOutOfTime ? "timeout" : failure };
    }
    case "unknown":
      return { failure: isOutOfTime ? "timeout" : "outcome_unknown" };
  }
}
