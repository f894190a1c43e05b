import { isTerminal } from "@switchyard/shared/contracts";
import { ERRORS, type ErrorCode, SwitchyardError } from "@switchyard/shared/errors";
import {
  type AttemptRow,
  isClaimPending,
  type JobRow,
  type JobView,
  LEASE_GRACE_MS,
  openAttempt,
} from "@switchyard/shared/ledger";

/** What a run of invoke does with a job as its rows are now. */
export type NextStep =
  | { do: "nothing" }
  | { do: "settle" }
  | { do: "wait"; untilMs: number }
  | { do: "mark unknown"; attempt: AttemptRow }
  | { do: "give up"; error: SwitchyardError }
  | { do: "call" };

export interface AttemptLimits {
  /** Calls per job and model that were sent and not throttled, whatever became of them. */
  max: number;
  /** Calls per job whose outcome may stay unknown before the job is given up. */
  maxUnknown: number;
}

/** However often a provider asks to slow down: past this a job's rows are too many to read each time. */
const MAX_ROWS = 200;

/** From here on calls that say nothing against the job are spread over the time it has left. */
const PACED_ROWS = 100;

/** A judgement that is over is written down within milliseconds. */
const LEAST_LOOK_MS = 250;

/** A call that was asked to wait, was never sent, or met a wrong key says nothing against the job. */
const NOT_COUNTED = new Set([
  "PROVIDER_THROTTLED",
  "PROVIDER_KEY_REFUSED",
  "ROW_CONFLICT",
  "PROCESS_STOPPING",
]);

/** The one place that decides whether a provider is called. Pure: time and rows come in. */
export function nextStep(view: JobView, limits: AttemptLimits, nowMs: number): NextStep {
  const { job } = view;
  if (isTerminal(job.status)) return { do: isUncounted(view) ? "settle" : "nothing" };
  const open = openAttempt(view);
  if (open !== undefined) {
    const lapsesAt = open.leaseUntil + LEASE_GRACE_MS;
    if (lapsesAt <= nowMs) return { do: "mark unknown", attempt: open };
    return { do: "wait", untilMs: Math.min(lapsesAt, nextLookAt(open, nowMs)) };
  }
  const isOver = job.status === "cancelling" || job.failure !== undefined || isPaid(view);
  if (isOver) return { do: "settle" };
  if (isClaimPending(view, nowMs)) return { do: "wait", untilMs: job.claimUntil ?? nowMs };
  if (job.deadlineAt <= nowMs) return { do: "settle" };
  const error = reasonToStop(view, limits);
  if (error !== null) return { do: "give up", error };
  const untilMs = pacedUntil(view);
  return untilMs > nowMs ? { do: "wait", untilMs } : { do: "call" };
}

/**
 * Whoever made the job's own call says itself how it ended. One that judges it says so to nobody who waits here, and
 * mostly just about now: it is looked at again soon, and the later the more rarely, about ten times until its lease lapses.
 */
function nextLookAt({ kind, startedAt }: AttemptRow, nowMs: number): number {
  if (kind === "invoke") return Number.POSITIVE_INFINITY;
  return nowMs + Math.max(LEAST_LOOK_MS, (nowMs - startedAt) / 8);
}

/**
 * A model may be down for as long as a job lives, and its probes may fall to one job alone: the rows that are left
 * last until the deadline.
 */
function pacedUntil({ job, attempts }: JobView): number {
  const own = attempts.filter((row) => isOwnCall(row, job));
  const last = own.at(-1);
  if (last === undefined || own.length < PACED_ROWS) return 0;
  return last.startedAt + Math.max(0, job.deadlineAt - last.startedAt) / Math.max(1, MAX_ROWS - own.length);
}

/** A call for the job's answer in its present generation; what judging it took, or refused, is no matter here. */
function isOwnCall(row: AttemptRow, job: JobRow): boolean {
  return row.generation === job.generation && row.kind === "invoke";
}

/** A call was settled after the job had ended, and its summons to settle was perhaps never given. */
function isUncounted({ job, attempts }: JobView): boolean {
  return attempts.some((row) => row.state === "settled" && job.counted?.includes(row.n) !== true);
}

/** A call of this generation is settled; even if its answer was lost, settle decides, not another call. */
function isPaid({ job, attempts }: JobView): boolean {
  return attempts.some((row) => isOwnCall(row, job) && row.state === "settled");
}

/** The last call was refused for good, and whoever made it did not come to say so on the job. */
function refusalIn([last]: readonly AttemptRow[]): SwitchyardError | null {
  const error = last?.state === "void" ? last.error : undefined;
  if (error === undefined || !Object.hasOwn(ERRORS, error.code)) return null;
  const refusal = new SwitchyardError(error.code as ErrorCode, error.message);
  return refusal.isRetriable ? null : refusal;
}

function isCounted({ isProbe, error }: AttemptRow): boolean {
  return isProbe !== true && !NOT_COUNTED.has(error?.code ?? "");
}

/** Claims without a row. That of a consultation is none of the job's own runs. */
function vanishedRuns({ job, attempts }: JobView): number {
  const before = job.replayed?.attemptsBefore ?? 0;
  const rows = attempts.filter((row) => row.n > before);
  const n = job.consult?.n;
  const isConsultLost = n !== undefined && !rows.some((row) => row.n === n);
  return job.attempts - before - rows.length - (isConsultLost ? 1 : 0);
}

function reasonToStop({ job, attempts }: JobView, limits: AttemptLimits): SwitchyardError | null {
  const refusal = refusalIn(
    // What another model refused, this one may not.
    attempts.filter((row) => row.n === job.attempts && isOwnCall(row, job) && row.modelId === job.modelId),
  );
  if (refusal !== null) return refusal;
  const vanished = vanishedRuns({ job, attempts });
  if (vanished >= limits.max) {
    return new SwitchyardError("JOB_POISONED", `${vanished} runs ended without a trace before their call`);
  }
  const own = attempts.filter((row) => isOwnCall(row, job));
  const unknown = own.filter((row) => row.state === "unknown").length;
  if (unknown > 0 && job.request.onUnknown === "fail") {
    const message = "the outcome of the call is unknown and on_unknown is fail: it is not paid for again";
    return new SwitchyardError("OUTCOME_UNRESOLVED", message);
  }
  if (unknown >= limits.maxUnknown) {
    return new SwitchyardError("OUTCOME_UNRESOLVED", `the outcome of ${unknown} calls is unknown`);
  }
  const failed = own.filter((row) => isCounted(row) && row.modelId === job.modelId).length;
  if (failed < limits.max && own.length < MAX_ROWS) return null;
  const last = own.at(-1)?.error;
  const reason = last === undefined ? "" : `; the last: ${last.message}`;
  return new SwitchyardError("ATTEMPTS_EXHAUSTED", `${own.length} calls failed${reason}`);
}
