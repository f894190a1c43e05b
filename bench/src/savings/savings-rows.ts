import type { Savings } from "@switchyard/shared/ledger";
import { type Row, row } from "../report.ts";
import { isWithin, type SideName, type WeekFigures } from "./run-week.ts";

export type Round = Readonly<Record<SideName, WeekFigures>>;

/** A decimal string of USD for one job as USD for 1,000: for a table, the exact one is in the rounds. */
function perThousand(usd: string | null): number {
  if (usd === null) throw new Error("there are too few jobs");
  return Number(usd) * 1_000;
}

/** Both sides beside each other, and of each whether the model agrees with the measurement. */
export function rowsOf(rounds: readonly Round[]): Row[] {
  const both = (metric: string, of: (savings: Savings) => number, bar?: string) =>
    row(metric, rounds, {
      subject: ({ alike }) => of(alike.savings),
      reference: ({ shipped }) => of(shipped.savings),
      ...(bar === undefined ? {} : { bar }),
    });
  const within = (side: SideName) => rounds.filter((round) => isWithin(round[side].savings)).length;
  const agreeing: Row = {
    ...{ metric: "rounds in which the modelled saving is within the interval", ratio: null },
    ...{
      subject: within("alike"),
      reference: within("shipped"),
      bar: `${rounds.length} of ${rounds.length}`,
    },
  };
  return [
    agreeing,
    both("modelled saving, USD per 1,000 jobs", ({ modelled }) => perThousand(modelled.saved_per_job_usd)),
    both("measured saving, USD per 1,000 jobs", ({ measured }) => perThousand(measured.saved_per_job_usd)),
    both("its interval from", ({ measured }) => perThousand(measured.low_usd)),
    both("to", ({ measured }) => perThousand(measured.high_usd)),
    both("jobs routed", ({ arms }) => arms.routed.jobs),
    both("jobs held out", ({ arms }) => arms.holdout.jobs),
    both("spend of routed jobs, USD per 1,000", ({ arms }) => perThousand(arms.routed.spend_per_job_usd)),
    both("spend of jobs held out, USD per 1,000", ({ arms }) => perThousand(arms.holdout.spend_per_job_usd)),
    row("GET /v1/savings, ms", rounds, {
      subject: ({ alike }) => alike.answeredMs,
      reference: ({ shipped }) => shipped.answeredMs,
    }),
  ];
}
