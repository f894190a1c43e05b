import type { Bench } from "../bench.ts";
import { type Row, row } from "../report.ts";
import { alternate, quantile } from "../rounds.ts";
import { type OpenLoad, type Overhead, runQueues, runSystem } from "./overhead-run.ts";

const JOBS = 150;
const PER_SECOND = 25;

interface Pair {
  a: { plane: Overhead[]; system: Overhead[] };
  b: Overhead[];
}

/** How long a job waits for us at low load: what the provider takes is not in it. */
export const overhead: Bench = {
  name: "overhead",
  title: "Overhead at 25 jobs/s: accept to provider call, and reply to result, beside one BullMQ hop",
  async run({ rounds, scale }) {
    const load = (round: number): OpenLoad => ({
      count: Math.ceil(JOBS * scale),
      perSecond: PER_SECOND,
      seed: round + 1,
    });
    const pairs = await alternate(
      rounds,
      async (round) => ({
        plane: await runQueues("plane", load(round)),
        system: await runSystem(load(round)),
      }),
      (round) => runQueues("hop", load(round)),
    );
    return {
      subject: "product, ms",
      reference: "one hop, ms",
      rows: [
        ...beside("queue plane", pairs, ({ a }) => a.plane),
        ...beside("whole path", pairs, ({ a }) => a.system),
        ...alone("whole path: sent to 202", pairs, ({ acceptMs = Number.NaN }) => acceptMs),
        ...alone("whole path: sent to provider call", pairs, ({ beforeMs }) => beforeMs),
        ...alone("whole path: reply to result", pairs, ({ afterMs }) => afterMs),
      ],
      notes: [
        `Open loop, Poisson, seeded by the round; ${load(0).count} jobs a run after a warm-up. The hop: add to processor.`,
        "Queue plane: three stages without ledger and provider. Whole path: HTTP to terminal event, less the provider's own time.",
        "The whole path makes about a dozen requests to the emulated DynamoDB before the call, on the same cores.",
      ],
      rounds: pairs.map(({ a, b }) => ({
        subject: { plane: summaryOf(a.plane), system: summaryOf(a.system) },
        reference: summaryOf(b),
      })),
    };
  },
};

const SHARES = [
  ["p50", 0.5],
  ["p99", 0.99],
] as const;

function summaryOf(overheads: readonly Overhead[]) {
  const of = (take: (overhead: Overhead) => number) =>
    Object.fromEntries(SHARES.map(([label, share]) => [label, quantile(overheads.map(take), share)]));
  return {
    jobs: overheads.length,
    beforeMs: of(({ beforeMs }) => beforeMs),
    afterMs: of(({ afterMs }) => afterMs),
    bothMs: of(({ beforeMs, afterMs }) => beforeMs + afterMs),
  };
}

function beside(name: string, pairs: readonly Pair[], of: (pair: Pair) => Overhead[]): Row[] {
  const bars = { p50: "<= 1.1 x", p99: "<= 1.2 x" };
  return SHARES.map(([label, share]) =>
    row(`${name}: before and after, ${label}`, pairs, {
      subject: (pair) =>
        quantile(
          of(pair).map(({ beforeMs, afterMs }) => beforeMs + afterMs),
          share,
        ),
      reference: ({ b }) =>
        quantile(
          b.map(({ beforeMs }) => beforeMs),
          share,
        ),
      bar: bars[label],
    }),
  );
}

function alone(name: string, pairs: readonly Pair[], of: (overhead: Overhead) => number): Row[] {
  return SHARES.map(([label, share]) =>
    row(`${name}, ${label}`, pairs, { subject: ({ a }) => quantile(a.system.map(of), share) }),
  );
}
