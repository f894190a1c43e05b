import { isTerminal } from "@switchyard/shared/contracts";
import {
  type AttemptRow,
  isClaimPending,
  type JobView,
  type Ledger,
  openAttempt,
  verdictOf,
} from "@switchyard/shared/ledger";
import type { Summoner } from "@switchyard/shared/queues";
import type { Logger, Metrics } from "@switchyard/shared/telemetry";

export interface SweepOptions {
  ledger: Ledger;
  summoner: Summoner;
  metrics: Metrics;
  log: Logger;
  /** A row that has not moved for so long gets its summons again. */
  staleMs: number;
  now?: () => number;
}

export interface Swept {
  /** More rows may be due than one round takes, and this round went well: the next need not wait. */
  isMoreDue: boolean;
}

/** Rows looked at in one round, per part of the index. */
const ROUND_LIMIT = 200;
/** A summons may only be waiting its turn: each repeat waits twice as long, up to this. */
const MAX_PATIENCE_MS = 600_000;
/** A lease is taken for lapsed only so long after its end, so that clocks need not agree exactly. */
const LEASE_GRACE_MS = 1_000;

const LEASE_LAPSED = {
  code: "PROVIDER_OUTCOME_UNKNOWN",
  message: "whoever made the call never said how it ended",
};

/**
 * One round over the rows whose time for attention has come: lapsed intents become `unknown`, and
 * every job gets the summons of the stage it is due for. With it a wiped Redis loses no job.
 */
export async function sweepOnce(options: SweepOptions): Promise<Swept> {
  const now = options.now ?? Date.now;
  const due = await options.ledger.jobs.due(now(), ROUND_LIMIT);
  const outcomes = await Promise.allSettled(due.map((jobId) => sweepJob(options, jobId, now())));
  const failed = outcomes.filter((outcome) => outcome.status === "rejected");
  if (failed[0] !== undefined) {
    options.log.warn(
      { failed: failed.length, error: failed[0].reason as unknown },
      "rows could not be swept",
    );
  }
  return { isMoreDue: due.length >= ROUND_LIMIT && failed.length === 0 };
}

async function sweepJob(options: SweepOptions, jobId: string, nowMs: number): Promise<void> {
  const { ledger, metrics } = options;
  const seen = await ledger.jobs.view(jobId);
  if (seen === null) return;
  if (isTerminal(seen.job.status)) {
    await ledger.jobs.attend(seen.job, null);
    metrics.sweeps.inc({ action: "cleared" });
    return;
  }
  const view = await withoutLapsedIntent(options, seen, nowMs);
  const waitsUntil = busyUntil(view, nowMs);
  if (waitsUntil !== null) {
    await ledger.jobs.attend(view.job, waitsUntil + LEASE_GRACE_MS);
    return;
  }
  if (nowMs - view.job.updatedAt >= options.staleMs || view.job.deadlineAt <= nowMs) {
    await summonAgain(options.summoner, view, nowMs);
    metrics.sweeps.inc({ action: "summoned" });
    const patienceMs = Math.min(MAX_PATIENCE_MS, options.staleMs * 2 ** view.job.sweeps);
    await ledger.jobs.attend(view.job, nextLook(view, nowMs, patienceMs));
    return;
  }
  await ledger.jobs.attend(view.job, nextLook(view, nowMs, view.job.updatedAt + options.staleMs - nowMs));
}

/** Not later than just after the deadline, so that jobs expire in time. */
function nextLook({ job }: JobView, nowMs: number, patienceMs: number): number {
  const next = nowMs + patienceMs;
  return job.deadlineAt > nowMs ? Math.min(next, job.deadlineAt + 1) : next;
}

async function withoutLapsedIntent(options: SweepOptions, view: JobView, nowMs: number): Promise<JobView> {
  const open: AttemptRow | undefined = openAttempt(view);
  if (open === undefined || open.leaseUntil + LEASE_GRACE_MS > nowMs) return view;
  if (await options.ledger.attempts.unknown(open, LEASE_LAPSED))
    options.metrics.sweeps.inc({ action: "unknown" });
  return (await options.ledger.jobs.view(view.job.jobId)) ?? view;
}

function busyUntil(view: JobView, nowMs: number): number | null {
  const open = openAttempt(view);
  if (open !== undefined) return open.leaseUntil;
  return isClaimPending(view, nowMs) ? (view.job.claimUntil ?? nowMs) : null;
}

/** The stage that a job is due for follows from its rows alone. */
async function summonAgain(summoner: Summoner, view: JobView, nowMs: number): Promise<void> {
  const { job } = view;
  const summons = { version: 1 as const, jobId: job.jobId, generation: job.generation };
  const verdict = verdictOf(view, nowMs);
  if ("end" in verdict || job.dueStage === "settle") return summoner.summon("settle", summons);
  if (job.modelId === undefined) return summoner.summon("classify", summons);
  return summoner.summon("invoke", { ...summons, modelId: job.modelId });
}
