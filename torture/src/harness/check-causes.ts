import type { Evidence, StoredAttempt, StoredJob } from "./evidence.ts";
import type { Problem } from "./invariants.ts";

/** Calls of one job whose outcome may stay unknown before it is given up: the catalogue's default. */
const MAX_UNKNOWN = 2;

/**
 * Every end has its cause, and every repeated call its permission. Without this a product that cancels, expires or
 * fails whatever it is given would agree with all its sources.
 */
export function checkCauses({ told, jobs, attempts, bill }: Evidence): Problem[] {
  const toldOf = new Map(told.map((job) => [job.jobId, job]));
  const rowsOf = Map.groupBy(attempts, ({ jobId }) => jobId);
  const billOf = Map.groupBy(bill, ({ jobId }) => jobId);
  return jobs.flatMap((job): Problem[] => {
    const { jobId } = job;
    const rows = rowsOf.get(jobId) ?? [];
    const caller = toldOf.get(jobId);
    // What judging it took is not made again, and says nothing of how often its answer was called for.
    const judging = rows.filter(({ kind }) => kind === "classify");
    const judged = new Set(judging.map(({ n }) => `${jobId}.${n}`));
    const generations = Map.groupBy(judging, ({ generation }) => generation);
    const most = Math.max(0, ...[...generations.values()].map(({ length }) => length));
    const unknown = rows.filter(({ kind, state }) => kind === "invoke" && state === "unknown").length;
    const billed = (billOf.get(jobId) ?? []).filter(({ attemptId }) => !judged.has(attemptId ?? "")).length;
    const problems = causeMissing(job, rows, caller?.isCancelAsked === true);
    if (most > 1) problems.push({ invariant: "I6", what: `${jobId} was judged by ${most} calls` });
    if (unknown > MAX_UNKNOWN)
      problems.push({ invariant: "I6", what: `${jobId} has ${unknown} unknown calls` });
    if (caller?.onUnknown === "fail" && billed > 1) {
      problems.push({ invariant: "I6", what: `${jobId} may pay once and was billed ${billed} times` });
    }
    return problems;
  });
}

function causeMissing(job: StoredJob, rows: readonly StoredAttempt[], isCancelAsked: boolean): Problem[] {
  const { jobId, status } = job;
  const problems: Problem[] = [];
  const broken = (what: string) => problems.push({ invariant: "I1", what: `${jobId} ${what}` });
  if (status === "cancelled" && !isCancelAsked) broken("is cancelled and nobody asked for it");
  const wasTried = job.claims > 0 || job.failureCode === "JOB_POISONED";
  if (status === "failed" && !wasTried) broken("failed before any call of it was tried");
  if (status === "expired") {
    if (job.movedAtMs < job.deadlineAtMs) broken("expired before its deadline");
    if (rows.some(({ state }) => state !== "void")) broken("expired and may have been paid for");
  }
  // An answer that comes after its lease may find the job given up; one that comes in time is the job's result.
  const isAnswered = rows.some((row) => row.state === "settled" && row.hasAnswer && !row.isLate);
  if (isAnswered && (status === "failed" || status === "expired")) {
    problems.push({ invariant: "I13", what: `${jobId} was answered in time and is ${status}` });
  }
  return problems;
}
