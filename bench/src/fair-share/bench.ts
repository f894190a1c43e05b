import type { Bench } from "../bench.ts";
import { row } from "../report.ts";
import { alternate, quantile } from "../rounds.ts";
import { type FairLoad, runFair } from "./fair-run.ts";

const LOAD: Omit<FairLoad, "seed"> = {
  tenants: 9,
  jobs: 120,
  perSecond: 6,
  concurrency: 16,
  latencyScale: 6.5,
  backlog: 10_000,
};

/** What one tenant's backlog does to the others. */
export const fairShare: Bench = {
  name: "fair-share",
  title: "Fair share: nine tenants alone, and beside one with 10,000 jobs queued for the same pool",
  async run({ rounds, scale }) {
    const scaled = { ...LOAD, jobs: Math.ceil(LOAD.jobs * scale), backlog: Math.ceil(LOAD.backlog * scale) };
    // Both sides come from one run, since the backlog takes far longer to queue than to be measured beside.
    const runs = await alternate(
      rounds,
      (round) => runFair({ ...scaled, seed: round + 1 }),
      async () => {},
    );
    const pairs = runs.map(({ a }) => a);
    const beside = (share: number, bar?: string) =>
      row(`submit to end, ms, p${share * 100}`, pairs, {
        subject: ({ besideMs }) => quantile(besideMs, share),
        reference: ({ aloneMs }) => quantile(aloneMs, share),
        ...(bar === undefined ? {} : { bar }),
      });
    return {
      subject: "beside the backlog",
      reference: "alone",
      rows: [
        beside(0.5),
        beside(0.95, "<= 2 x"),
        row("jobs waiting, at the beginning", pairs, { subject: ({ waiting }) => waiting.before }),
        row("jobs waiting, at the end", pairs, { subject: ({ waiting }) => waiting.after }),
      ],
      notes: [
        `Open loop, Poisson, ${LOAD.perSecond} jobs/s of all nine; a pool of ${LOAD.concurrency} calls at once, of 0.8 to 1.4 s, is kept full by the backlog.`,
        "Whole path: HTTP to terminal event; the services, Redis, the emulated DynamoDB and the provider share the cores.",
      ],
      rounds: pairs.map(({ aloneMs, besideMs, ...rest }) => ({
        alone: summaryOf(aloneMs),
        beside: summaryOf(besideMs),
        ...rest,
      })),
    };
  },
};

function summaryOf(timesMs: readonly number[]) {
  return { jobs: timesMs.length, p50Ms: quantile(timesMs, 0.5), p95Ms: quantile(timesMs, 0.95) };
}
