import { isTerminal, type JobView as ShownJob } from "@switchyard/shared/contracts";
import { SwitchyardError } from "@switchyard/shared/errors";
import type { JobRow, JobView, Ledger } from "@switchyard/shared/ledger";
import type { Response } from "express";
import type { Within } from "../http/request-context.ts";
import { renderJob } from "../render-job.ts";
import type { Waiter } from "../waiter.ts";

/** `job_` ids only; anything else cannot exist and is not looked up. */
const JOB_ID = /^job_[0-9a-hjkmnp-tv-z]{26}$/;
/** Events are hints: the row is also looked at so often, ever more rarely. */
const FIRST_LOOK_MS = 250;
const LAST_LOOK_MS = 5_000;

/**
 * A tenant's own job. A foreign one is exactly as absent as one that does not exist.
 * @throws SwitchyardError RESOURCE_MISSING.
 */
export async function ownJob(ledger: Ledger, tenant: string, jobId: string): Promise<JobRow> {
  const job = JOB_ID.test(jobId) ? await ledger.jobs.read(jobId) : null;
  if (job === null || job.tenant !== tenant) throw new SwitchyardError("RESOURCE_MISSING", "no such job");
  return job;
}

/**
 * Waits until a job is as wanted, or for `waitMs`, or until the client has gone or this process drains. The request
 * has so much more time.
 */
export async function waitForJob(
  { ledger, time, waiter }: Pick<Within, "ledger" | "time"> & { waiter: Waiter },
  job: JobRow,
  wait: { waitMs: number; signal: AbortSignal; isWanted: (job: JobRow) => boolean },
): Promise<JobRow> {
  if (wait.waitMs === 0 || wait.isWanted(job)) return job;
  time.resume(wait.waitMs);
  // Not the wall clock: where that is set back, the caller would wait for longer than it asked.
  const endsAt = performance.now() + wait.waitMs;
  let seen = job;
  for (let lookMs = FIRST_LOOK_MS; ; lookMs = Math.min(LAST_LOOK_MS, lookMs * 1.5)) {
    const leftMs = endsAt - performance.now();
    const next = waiter.next(job.jobId, Math.min(Math.max(0, leftMs), lookMs), wait.signal);
    try {
      // Read after listening has begun: a change between the two is never missed.
      seen = (await ledger.jobs.read(job.jobId)) ?? seen;
      if (wait.isWanted(seen) || leftMs <= 0 || wait.signal.aborted || waiter.isClosed) return seen;
      await next.over;
    } finally {
      next.end();
    }
  }
}

export const isDone = (job: JobRow): boolean => isTerminal(job.status);

/**
 * Answers a job with everything there is to see of it. It may have moved since it was read, so the status
 * is chosen for what is shown; a 202 says when to look again.
 */
export async function sendJob(
  ledger: Ledger,
  response: Response,
  answer: { job: JobRow; statusOf: (seen: JobRow) => 200 | 202 },
): Promise<void> {
  const { job, attempts } = await viewOf(ledger, answer.job);
  const result = attempts.find((attempt) => attempt.n === job.resultAttempt);
  const text = result === undefined ? null : await ledger.contents.readResult(result);
  const status = answer.statusOf(job);
  if (status === 202) response.setHeader("Retry-After", "1");
  setJobHeaders(response, job);
  const shown = renderJob({ job, attempts, text });
  if (isDone(job)) setOutcomeHeaders(response, shown);
  response.status(status).json(shown);
}

/** What a caller that looks at headers alone wants to know of a job that is done. */
function setOutcomeHeaders(response: Response, { decision, model, cost }: ShownJob): void {
  const headers = {
    "Switchyard-Class": decision?.class,
    "Switchyard-Model": model,
    "Switchyard-Cost-Usd": cost.total_usd,
    "Switchyard-Saved-Usd": cost.saved_usd,
  };
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined && value !== null) response.setHeader(name, value);
  }
}

/** What an answer says about its job beside the body. */
export function setJobHeaders(response: Response, job: JobRow): void {
  response.setHeader("ETag", `"${job.version}"`);
  response.setHeader("Cache-Control", "private, no-cache");
  response.setHeader("Vary", "Prefer");
  response.setHeader("Switchyard-Job-Id", job.jobId);
}

/** A job as read just now, with its attempts. */
export async function viewOf(ledger: Ledger, job: JobRow): Promise<JobView> {
  if (job.attempts === 0) return { job, attempts: [] };
  return (await ledger.jobs.view(job.jobId)) ?? { job, attempts: [] };
}
