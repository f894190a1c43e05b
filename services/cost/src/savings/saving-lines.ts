import { ARMS } from "@switchyard/shared/contracts";
import {
  addToArm,
  type Ledger,
  noArms,
  type Savings,
  savingsOf,
  spendersOf,
} from "@switchyard/shared/ledger";

const DAY_MS = 86_400_000;
const DEFAULT_DAYS = 30;

interface Asked {
  /** Absent: of all that spent anything. */
  tenant?: string | undefined;
  /** UTC days on which jobs were created, both inclusive. */
  from?: string | undefined;
  to?: string | undefined;
}

/** What routing saved, as modelled and as measured, in words. Holds a page of jobs at a time, however many there are. */
export async function savingLines(ledger: Ledger, asked: Asked): Promise<string[]> {
  const to = asked.to ?? dayOf(ledger.now());
  const from = asked.from ?? dayOf(Date.parse(to) - (DEFAULT_DAYS - 1) * DAY_MS);
  const span = { fromMs: Date.parse(from), toMs: Date.parse(to) + DAY_MS - 1 };
  const tenants = asked.tenant === undefined ? await spendersOf(ledger, span) : [asked.tenant];
  const arms = noArms();
  for (const tenant of tenants) {
    for await (const page of ledger.jobs.armJobs({ tenant, ...span }))
      for (const job of page) addToArm(arms, job);
  }
  return [`jobs created from ${from} to ${to}`, ...linesOf(savingsOf(arms))];
}

function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, "2026-01-31".length);
}

function linesOf({ arms, modelled, measured }: Savings): string[] {
  const sides = ARMS.map((arm) => {
    const { jobs, spend_usd, spend_per_job_usd, open_jobs, unpriced_jobs, at_risk_jobs } = arms[arm];
    const left = `${open_jobs} have not ended, ${unpriced_jobs} without an exact cost, ${at_risk_jobs} at risk`;
    return `${arm}: ${jobs} jobs cost ${spend_usd} USD, ${spend_per_job_usd ?? "-"} each (${left})`;
  });
  const { saved_per_job_usd: each, low_usd: low, high_usd: high } = measured;
  const interval = low === null ? "too few jobs for an interval" : `95 % interval ${low} to ${high}`;
  return [
    ...sides,
    `saving as modelled: ${modelled.saved_per_job_usd ?? "-"} USD for each routed job, ${modelled.saved_usd} in all`,
    `saving as measured: ${each ?? "-"} USD for each job, ${interval}`,
  ];
}
