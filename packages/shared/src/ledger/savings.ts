import { ARMS, type Arm, isTerminal } from "../contracts/index.ts";
import { dividedRounded, formatUsd, meanDifference, type Sample } from "../pricing/index.ts";
import type { ArmSearch } from "./arm-jobs.ts";
import type { Ledger } from "./ledger.ts";
import type { ArmJob } from "./rows.ts";

const DAY_MS = 86_400_000;

/** What the jobs of one side came to. Money is whole pico-dollars. */
interface ArmSums {
  /** Jobs that have ended and whose cost and baseline are known. */
  cost: Sample;
  baseline: bigint;
  /** Jobs that have not ended, and those that took tokens without a price: they are in no sum. */
  openJobs: number;
  unpricedJobs: number;
  /** Of the jobs in the sums, those with a call that may have been billed and is counted as nothing. */
  atRiskJobs: number;
}

export type Arms = Record<Arm, ArmSums>;

export function noArms(): Arms {
  const nothing = () => ({
    ...{ cost: { n: 0, sum: 0n, squares: 0n }, baseline: 0n },
    ...{ openJobs: 0, unpricedJobs: 0, atRiskJobs: 0 },
  });
  return { routed: nothing(), holdout: nothing() };
}

/** Adds a job to its side; one that is on neither is in no sum. */
export function addToArm(arms: Arms, job: ArmJob): void {
  if (job.arm === undefined) return;
  const sums = arms[job.arm];
  if (!isTerminal(job.status)) {
    sums.openJobs += 1;
    return;
  }
  const { costPicoUsd = 0n, baselinePicoUsd, unpricedCalls = 0, resultAttempt } = job;
  // What an answer would have cost is not known where its baseline has no rate for it.
  if (unpricedCalls > 0 || (resultAttempt !== undefined && baselinePicoUsd === undefined)) {
    sums.unpricedJobs += 1;
    return;
  }
  sums.cost.n += 1;
  sums.cost.sum += costPicoUsd;
  sums.cost.squares += costPicoUsd * costPicoUsd;
  sums.baseline += baselinePicoUsd ?? 0n;
  if (isAtRisk(job)) sums.atRiskJobs += 1;
}

/** A deadline is a week away at most, and a call may be settled after it. */
const LATEST_MS = 8 * DAY_MS;

/** Tenants that spent anything on jobs created in a time: they are in the totals of the days of the calls. */
export async function spendersOf(
  { totals, now }: Pick<Ledger, "totals" | "now">,
  { fromMs, toMs }: Pick<ArmSearch, "fromMs" | "toMs">,
): Promise<string[]> {
  const last = Math.min(now(), toMs + LATEST_MS);
  const count = Math.max(0, Math.floor(last / DAY_MS) - Math.floor(fromMs / DAY_MS) + 1);
  const days = Array.from({ length: count }, (_, index) =>
    new Date(fromMs + index * DAY_MS).toISOString().slice(0, "2026-01-31".length),
  );
  return [...new Set((await Promise.all(days.map(totals.tenants))).flat())];
}

/** One that was unknown and is settled now is counted as such. */
function isAtRisk({ counted = [], countedAtRisk = [] }: ArmJob): boolean {
  return countedAtRisk.some((n) => !counted.includes(n));
}

interface ArmView {
  jobs: number;
  spend_usd: string;
  /** To the nearest pico-dollar; null of no jobs. */
  spend_per_job_usd: string | null;
  baseline_usd: string;
  open_jobs: number;
  unpriced_jobs: number;
  at_risk_jobs: number;
}

/** What routing saves, by its model and as measured; amounts are decimal strings. */
export interface Savings {
  arms: Record<Arm, ArmView>;
  /** Of the routed jobs: what their baselines would have cost, less what was spent on them. */
  modelled: { saved_usd: string; saved_per_job_usd: string | null };
  /** Mean spend of the jobs held out, less that of the routed ones, with its 95 % confidence interval. */
  measured: {
    saved_per_job_usd: string | null;
    low_usd: string | null;
    high_usd: string | null;
    /** Fewer than 30 jobs on a side give no interval. */
    has_too_few_jobs: boolean;
  };
}

export function savingsOf(arms: Arms): Savings {
  const { routed, holdout } = arms;
  const modelled = routed.baseline - routed.cost.sum;
  const measured = meanDifference(holdout.cost, routed.cost);
  const interval = measured?.interval ?? null;
  const views = ARMS.map((arm) => [arm, viewOf(arms[arm])] as const);
  return {
    arms: Object.fromEntries(views) as Savings["arms"],
    modelled: { saved_usd: formatUsd(modelled), saved_per_job_usd: perJob(modelled, routed.cost.n) },
    measured: {
      saved_per_job_usd: measured && formatUsd(measured.difference),
      low_usd: interval && formatUsd(interval.low),
      high_usd: interval && formatUsd(interval.high),
      has_too_few_jobs: interval === null,
    },
  };
}

function viewOf({ cost, baseline, openJobs, unpricedJobs, atRiskJobs }: ArmSums): ArmView {
  return {
    jobs: cost.n,
    spend_usd: formatUsd(cost.sum),
    spend_per_job_usd: perJob(cost.sum, cost.n),
    baseline_usd: formatUsd(baseline),
    open_jobs: openJobs,
    unpriced_jobs: unpricedJobs,
    at_risk_jobs: atRiskJobs,
  };
}

function perJob(picoUsd: bigint, jobs: number): string | null {
  return jobs === 0 ? null : formatUsd(dividedRounded(picoUsd, BigInt(jobs)));
}
