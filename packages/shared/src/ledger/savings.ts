import { ARMS, type Arm, isTerminal } from "../contracts/index.ts";
import { dividedRounded, formatUsd, meanDifference, type Sample } from "../pricing/index.ts";
import type { ArmSearch } from "./arm-jobs.ts";
import type { Ledger } from "./ledger.ts";
import type { ArmJob } from "./rows.ts";

const DAY_MS = 86_400_000;

/** What the jobs of one side came to. Money is whole pico-dollars. */
interface ArmSums {
  /** Jobs that have ended and whose cost and baseline are known, by the share of the holdout that they were drawn with. */
  costs: Map<number, Sample>;
  cost: Sample;
  /** Of them, those with an answer. */
  answeredJobs: number;
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
    ...{ costs: new Map<number, Sample>(), cost: noSample(), answeredJobs: 0, baseline: 0n },
    ...{ openJobs: 0, unpricedJobs: 0, atRiskJobs: 0 },
  });
  return { routed: nothing(), holdout: nothing() };
}

function noSample(): Sample {
  return { n: 0, sum: 0n, squares: 0n };
}

function addTo(sample: Sample, amount: bigint): void {
  sample.n += 1;
  sample.sum += amount;
  sample.squares += amount * amount;
}

/** Adds a job to its side; one that is on neither is in no sum. */
export function addToArm(arms: Arms, job: ArmJob): void {
  if (job.arm === undefined) return;
  const sums = arms[job.arm];
  if (!isTerminal(job.status)) {
    sums.openJobs += 1;
    return;
  }
  const { costPicoUsd = 0n, baselinePicoUsd, unpricedCalls = 0, resultAttempt, holdoutPpm = 0 } = job;
  // What an answer would have cost is not known where its baseline has no rate for it.
  if (unpricedCalls > 0 || (resultAttempt !== undefined && baselinePicoUsd === undefined)) {
    sums.unpricedJobs += 1;
    return;
  }
  addTo(sums.cost, costPicoUsd);
  const alike = sums.costs.get(holdoutPpm) ?? noSample();
  sums.costs.set(holdoutPpm, alike);
  addTo(alike, costPicoUsd);
  if (resultAttempt !== undefined) sums.answeredJobs += 1;
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
  /** Of them, those with an answer: a job without one counts with what it cost, often nothing. */
  answered_jobs: number;
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
  /** Of the routed jobs: what their baselines would have cost, less what was spent on them. Null of no jobs. */
  modelled: { saved_usd: string | null; saved_per_job_usd: string | null };
  /** Mean spend of the jobs held out, less that of the routed ones, with its 95 % confidence interval. */
  measured: {
    saved_per_job_usd: string | null;
    low_usd: string | null;
    high_usd: string | null;
    /** Why there is no interval; null where there is one. */
    no_interval_because: "too_few_jobs" | "costs_unknown" | null;
  };
}

export function savingsOf(arms: Arms): Savings {
  const { routed, holdout } = arms;
  const modelled = routed.baseline - routed.cost.sum;
  const views = ARMS.map((arm) => [arm, viewOf(arms[arm])] as const);
  return {
    arms: Object.fromEntries(views) as Savings["arms"],
    modelled: {
      saved_usd: routed.cost.n === 0 ? null : formatUsd(modelled),
      saved_per_job_usd: perJob(modelled, routed.cost.n),
    },
    measured: isKnown(routed) && isKnown(holdout) ? measuredOf(arms) : UNKNOWN,
  };
}

const UNKNOWN: Savings["measured"] = {
  ...{ saved_per_job_usd: null, low_usd: null, high_usd: null },
  no_interval_because: "costs_unknown",
};

/** More of them on a side may turn the saving round: whether a job's cost is known follows from where it was sent. */
const MOST_UNKNOWN_PERCENT = 1;

/** The cost of nearly every job that was drawn for the side is known. */
function isKnown({ cost, openJobs, unpricedJobs, atRiskJobs }: ArmSums): boolean {
  const drawn = cost.n + openJobs + unpricedJobs;
  return (openJobs + unpricedJobs + atRiskJobs) * 100 <= drawn * MOST_UNKNOWN_PERCENT;
}

/** Only jobs that were drawn with the same share are alike on both sides. */
function measuredOf({ routed, holdout }: Arms): Savings["measured"] {
  const shares = new Set([...routed.costs.keys(), ...holdout.costs.keys()]);
  const strata = [...shares].map((share): [Sample, Sample] => [
    holdout.costs.get(share) ?? noSample(),
    routed.costs.get(share) ?? noSample(),
  ]);
  const measured = meanDifference(strata);
  const interval = measured?.interval ?? null;
  return {
    saved_per_job_usd: measured && formatUsd(measured.difference),
    low_usd: interval && formatUsd(interval.low),
    high_usd: interval && formatUsd(interval.high),
    no_interval_because: interval === null ? "too_few_jobs" : null,
  };
}

function viewOf({ cost, answeredJobs, baseline, openJobs, unpricedJobs, atRiskJobs }: ArmSums): ArmView {
  return {
    jobs: cost.n,
    answered_jobs: answeredJobs,
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
