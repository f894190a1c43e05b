import { bareSummonsOf, isTerminal, summonsOf } from "@switchyard/shared/contracts";
import {
  type AttemptRow,
  isClaimPending,
  type JobView,
  LEASE_GRACE_MS,
  LEASE_LAPSED,
  type Ledger,
  openAttempt,
  verdictOf,
} from "@switchyard/shared/ledger";
import type { Backlog, Summoner } from "@switchyard/shared/queues";
import type { Logger, Metrics } from "@switchyard/shared/telemetry";
import { LATE_CALL_LOOK_MS, uncounted } from "./settle.ts";

export interface SweepOptions {
  ledger: Ledger;
  summoner: Summoner;
  backlog: Pick<Backlog, "measure">;
  metrics: Metrics;
  log: Logger;
  /** The catalogue has the model: some pool may serve it. */
  isKnownModel: (modelId: string) => boolean;
  /** A row that has not moved for so long, and for what a backlog takes, gets its summons again. */
  staleMs: number;
  now?: () => number;
}

export const SWEEP_ACTIONS = ["summoned", "unknown", "cleared", "restored"] as const;

export interface Swept {
  /** More rows may be due than one round takes, and this round went well: the next need not wait. */
  isMoreDue: boolean;
}

/** Rows looked at in one round, per part of the index. */
const ROUND_LIMIT = 200;
/** A summons may only be waiting its turn: each repeat waits twice as long, up to this. */
const MAX_PATIENCE_MS = 600_000;
/** A process that was frozen for longer than this is not waited for. */
const LATE_CALLS_MS = 86_400_000;

/**
 * One round over the rows whose time for attention has come: lapsed intents become `unknown`, and
 * every job gets the summons of the stage it is due for. With it a wiped Redis loses no job.
 */
export async function sweepOnce(options: SweepOptions): Promise<Swept> {
  const now = options.now ?? options.ledger.now;
  const { jobIds, isMore } = await options.ledger.jobs.due(now(), ROUND_LIMIT);
  const waitMs = jobIds.length === 0 ? 0 : await options.backlog.measure();
  const round = { ...options, waitMs };
  const outcomes = await Promise.allSettled(jobIds.map((jobId) => sweepJob(round, jobId, now())));
  const failed = outcomes.filter((outcome) => outcome.status === "rejected");
  if (failed[0] !== undefined) {
    options.log.warn(
      { failed: failed.length, error: failed[0].reason as unknown },
      "rows could not be swept",
    );
  }
  return { isMoreDue: isMore && failed.length === 0 };
}

/** With the time that a summons may only be standing behind others. */
type Round = SweepOptions & { waitMs: number };

async function sweepJob(options: Round, jobId: string, nowMs: number): Promise<void> {
  const { ledger, metrics } = options;
  const seen = await ledger.jobs.view(jobId);
  // The index may lag behind the row: whoever moved its time has dealt with it.
  if (seen === null || (seen.job.attentionAt ?? Number.POSITIVE_INFINITY) > nowMs) return;
  if (isTerminal(seen.job.status)) return sweepEnded(options, seen, nowMs);
  const view = await withoutLapsedIntent(options, seen, nowMs);
  const waitsUntil = busyUntil(view, nowMs);
  if (waitsUntil !== null) {
    await ledger.jobs.attend(view.job, waitsUntil + LEASE_GRACE_MS);
    return;
  }
  const patienceMs = options.staleMs + (isDueForSettle(view, nowMs) ? 0 : options.waitMs);
  if (nowMs - view.job.updatedAt >= options.staleMs || view.job.deadlineAt <= nowMs) {
    await summonAgain(options, view, nowMs);
    metrics.sweeps.inc({ action: "summoned" });
    const doubledMs = Math.min(MAX_PATIENCE_MS, options.staleMs * 2 ** view.job.sweeps);
    await ledger.jobs.attend(view.job, nextLook(view, nowMs, Math.max(doubledMs, patienceMs)));
    return;
  }
  await ledger.jobs.attend(view.job, nextLook(view, nowMs, view.job.updatedAt + patienceMs - nowMs));
}

/** An ended job is looked at for as long as a call of it may be settled late and be in no total yet. */
async function sweepEnded({ ledger, summoner, metrics }: SweepOptions, view: JobView, nowMs: number) {
  const { job, attempts } = view;
  const isUncounted = uncounted(view).length > 0;
  if (isUncounted) {
    await summoner.summon("settle", bareSummonsOf(job));
    metrics.sweeps.inc({ action: "summoned" });
  }
  const mayStillSay =
    attempts.some((row) => row.state === "unknown") && nowMs - job.updatedAt < LATE_CALLS_MS;
  if (!isUncounted && !mayStillSay) metrics.sweeps.inc({ action: "cleared" });
  await ledger.jobs.attend(job, isUncounted || mayStillSay ? nowMs + LATE_CALL_LOOK_MS : null);
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

/**
 * Summons a row whatever its time for attention, which only moves where it is later than the end of a call that nobody may
 * ask about any more.
 */
export async function restoreJob(options: SweepOptions, jobId: string): Promise<void> {
  const { ledger, metrics } = options;
  const nowMs = (options.now ?? ledger.now)();
  const view = await ledger.jobs.view(jobId);
  if (view === null || isTerminal(view.job.status)) return;
  const waitsUntil = busyUntil(view, nowMs);
  if (waitsUntil === null) {
    await summonAgain(options, view, nowMs);
    metrics.sweeps.inc({ action: "restored" });
    return;
  }
  const lookAt = waitsUntil + LEASE_GRACE_MS;
  if ((view.job.attentionAt ?? 0) > lookAt) await ledger.jobs.attend(view.job, lookAt);
}

function busyUntil(view: JobView, nowMs: number): number | null {
  const open = openAttempt(view);
  if (open !== undefined) return open.leaseUntil;
  return isClaimPending(view, nowMs) ? (view.job.claimUntil ?? nowMs) : null;
}

function isDueForSettle(view: JobView, nowMs: number): boolean {
  return "end" in verdictOf(view, nowMs) || view.job.dueStage === "settle";
}

/** The stage that a job is due for follows from its rows alone. */
async function summonAgain(options: SweepOptions, view: JobView, nowMs: number): Promise<void> {
  const { summoner, ledger, isKnownModel } = options;
  const { job } = view;
  const summons = bareSummonsOf(job);
  if (isDueForSettle(view, nowMs)) return summoner.summon("settle", summons);
  if (job.modelId === undefined) return summoner.summon("classify", summonsOf(job));
  const { modelId } = job;
  if (isKnownModel(modelId)) return summoner.summon("invoke", { ...summonsOf(job), modelId });
  // Nobody will ever take it: the catalogue was changed while the job was on its way.
  const failure = { code: "MODEL_UNKNOWN", message: `${job.modelId} is no longer in the catalogue` };
  if ((await ledger.jobs.fail(job, failure)) !== null) await summoner.summon("settle", summons);
}
