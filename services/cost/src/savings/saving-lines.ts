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
  const broken: string[] = [];
  const onBroken = (text: string) => void broken.push(text);
  for (const tenant of tenants) {
    for await (const page of ledger.jobs.armJobs({ tenant, ...span, onBroken }))
      for (const job of page) addToArm(arms, job);
  }
  const left = broken.length === 0 ? [] : [`${broken.length} jobs cannot be read: ${broken[0]}`];
  return [`jobs created from ${from} to ${to}`, ...left, ...linesOf(savingsOf(arms))];
}

function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, "2026-01-31".length);
}

const NO_INTERVAL = {
  too_few_jobs: "too few jobs for an interval",
  costs_unknown: "more than 1 % of a side have not ended, are without an exact cost or at risk",
} as const satisfies Record<NonNullable<Savings["measured"]["no_interval_because"]>, string>;

function linesOf({ arms, modelled, measured }: Savings): string[] {
  const sides = ARMS.map((arm) => {
    const { jobs, answered_jobs, spend_usd, spend_per_job_usd, ...rest } = arms[arm];
    const left = `${rest.open_jobs} have not ended, ${rest.unpriced_jobs} without an exact cost, ${rest.at_risk_jobs} at risk`;
    return `${arm}: ${jobs} jobs, ${answered_jobs} of them answered, cost ${spend_usd} USD, ${spend_per_job_usd ?? "-"} each (${left})`;
  });
  const { saved_per_job_usd: each, low_usd: low, high_usd: high, no_interval_because: reason } = measured;
  const interval = reason === null ? `95 % interval ${low} to ${high}` : NO_INTERVAL[reason];
  return [
    ...sides,
    `saving as modelled: ${modelled.saved_per_job_usd ?? "-"} USD for each routed job, ${modelled.saved_usd ?? "-"} in all`,
    `saving as measured: ${each ?? "-"} USD for each routed job, ${interval}`,
  ];
}
