import type { Bench } from "../bench.ts";
import { row } from "../report.ts";
import { TOLERANCE } from "./controller.ts";
import { quotaUse } from "./quota-use.ts";
import { runScaling, type ScalingPlan, type ScalingRun } from "./run-scaling.ts";

/** Everything that an autoscaler waits for takes so much less time than in production. */
const COMPRESSION = 15;
const seconds = (production: number) => (production * 1_000) / COMPRESSION;

const QUOTA = { requestsPerMinute: 240, concurrency: 4, retryAfterSeconds: 45 };
/** 3.6 s: the simulator's 150 ms for this model, times the scale. */
const LATENCY_SCALE = 24;
const MEAN_CALL_SECONDS = 0.15 * LATENCY_SCALE;

/** More pods than the quota keeps busy, so that it is the limits that keep to it and not a lack of workers. */
const MAX_REPLICAS = 6;

const PLAN: Omit<ScalingPlan, "seed"> = {
  quota: QUOTA,
  latencyScale: LATENCY_SCALE,
  pollMs: seconds(15),
  terms: {
    ...{ target: QUOTA.concurrency, tolerance: TOLERANCE, minReplicas: 0, maxReplicas: MAX_REPLICAS },
    cooldownMs: seconds(300),
    scaleUp: {
      stabilizationMs: 0,
      policies: [
        { type: "percent", value: 100, periodMs: seconds(15) },
        { type: "pods", value: 4, periodMs: seconds(15) },
      ],
    },
    scaleDown: {
      stabilizationMs: seconds(300),
      policies: [{ type: "percent", value: 50, periodMs: seconds(60) }],
    },
  },
  calm: { jobs: 8, perSecond: 0.5 },
  burst: { jobs: 400, perSecond: 10 },
  // What keeps about five calls in flight, so that workers leave which have some in hand, and then about one.
  ebb: [
    { jobEveryMs: 700, pods: 2 },
    { jobEveryMs: 3_000, pods: 1 },
  ],
};

/** Workers that come and go with the load, and what that does to calls. */
export const scaling: Bench = {
  name: "scaling",
  title: "Scaling: real workers from one to many, to one, to none, and woken by a job that comes due",
  async run({ rounds, scale }) {
    const runs: ScalingRun[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const burst = { ...PLAN.burst, jobs: Math.ceil(PLAN.burst.jobs * scale) };
      runs.push(await runScaling({ ...PLAN, burst, seed: round + 1 }));
    }
    return {
      subject: "measured",
      reference: "quota, or as planned",
      rows: rowsOf(runs),
      notes: NOTES,
      rounds: runs.map(({ callsAtSeconds, ...rest }) => ({
        ...rest,
        quotaUse: useOf({ ...rest, callsAtSeconds }),
        callsPerTenSeconds: perTenSeconds(callsAtSeconds),
      })),
    };
  },
};

function rowsOf(runs: readonly ScalingRun[]) {
  const of = (metric: string, subject: (run: ScalingRun) => number, bar?: string) =>
    row(metric, runs, { subject, ...(bar === undefined ? {} : { bar }) });
  const pods = (run: ScalingRun) => run.samples.map(({ ready }) => ready);
  const busyDepartures = ({ departures }: ScalingRun) =>
    departures.filter(({ callsInHand }) => callsInHand > 0);
  return [
    of("jobs", ({ kept }) => kept.jobs),
    of("jobs without an answer", ({ kept }) => kept.unanswered, "= 0"),
    of("calls cut", ({ kept }) => kept.cut, "= 0"),
    of("calls paid twice", ({ kept }) => kept.paidTwice, "= 0"),
    row("pods at most", runs, { subject: (run) => Math.max(...pods(run)), reference: () => MAX_REPLICAS }),
    of("from the burst to the most pods, s", toMostPods),
    of("workers told to leave with calls in hand", (run) => busyDepartures(run).length),
    of("calls in hand of those that left", (run) =>
      sum(run.departures.map(({ callsInHand }) => callsInHand)),
    ),
    of("longest leave, s", (run) => Math.max(...run.departures.map(({ tookSeconds }) => tookSeconds))),
    of(
      "workers that had to be killed",
      (run) => run.departures.filter(({ isClean }) => !isClean).length,
      "= 0",
    ),
    row("most calls that came in any 60 s", runs, {
      subject: (run) => useOf(run).mostInAMinute,
      reference: () => QUOTA.requestsPerMinute,
      bar: "<= 1 x",
    }),
    row("calls a minute while more waits", runs, {
      subject: (run) => useOf(run).share * QUOTA.requestsPerMinute,
      reference: () => QUOTA.requestsPerMinute,
      bar: "0.9 to 1 x",
    }),
    of("pods before the job that comes due", ({ wakeUp }) => wakeUp.podsBefore, "= 0"),
    of("wake-up: due to call, s", ({ wakeUp }) => wakeUp.dueToCallSeconds),
    of("wake-up: pod wanted to call, s", ({ wakeUp }) => wakeUp.wantedToCallSeconds),
  ];
}

function useOf({ samples, callsAtSeconds }: Pick<ScalingRun, "samples" | "callsAtSeconds">) {
  return quotaUse(samples, callsAtSeconds, {
    perMinute: QUOTA.requestsPerMinute,
    slots: QUOTA.concurrency,
    slotsNeeded: (QUOTA.requestsPerMinute / 60) * MEAN_CALL_SECONDS,
  });
}

function toMostPods({ samples, burstAtSeconds }: ScalingRun): number {
  const most = Math.max(...samples.map(({ ready }) => ready));
  return (samples.find(({ ready }) => ready === most)?.atSeconds ?? Number.NaN) - burstAtSeconds;
}

function perTenSeconds(callsAtSeconds: readonly number[]): number[] {
  const counts: number[] = [];
  for (const at of callsAtSeconds) {
    const span = Math.floor(at / 10);
    counts[span] = (counts[span] ?? 0) + 1;
  }
  return Array.from(counts, (count) => count ?? 0);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

const NOTES = [
  `Times of the autoscaler are a ${COMPRESSION}th of those in production: it asks every ${PLAN.pollMs / 1_000} s instead of 15; scale-down looks back ${PLAN.terms.scaleDown.stabilizationMs / 1_000} s instead of 300 and takes half of the pods in ${seconds(60) / 1_000} s instead of 60; the last pod goes after ${PLAN.terms.cooldownMs / 1_000} s without load instead of 300. Calls, drains and starts of processes are as they are.`,
  `A pod is an invoker process with ${QUOTA.concurrency} calls in flight of about ${MEAN_CALL_SECONDS.toFixed(1)} s; the model may be asked ${QUOTA.requestsPerMinute} times a minute, which takes ${((QUOTA.requestsPerMinute / 60) * MEAN_CALL_SECONDS).toFixed(1)} calls in flight; ${MAX_REPLICAS} pods have ${MAX_REPLICAS * QUOTA.concurrency}.`,
  "Scale-in is SIGTERM to the busiest worker. Calls are counted by the provider's own bill and held against the ledger's attempts.",
  "The limiter keeps to the quota in any 60 s where it decides. Between that and the call two rows are written, which takes longer the busier the machine is: so a few more may come in some 60 s than in those before.",
  `The job that comes due was refused with Retry-After ${QUOTA.retryAfterSeconds} s; by then the last pod had gone.`,
  "Load, pods wanted, serving and leaving over time are under rounds.",
];
