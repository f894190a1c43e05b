import type { Bench } from "../bench.ts";
import { type Row, rounded, row } from "../report.ts";
import { alternate, median } from "../rounds.ts";
import { type QueueRun, runQueueSide } from "./queue-run.ts";

const JOBS = 16_000;
const IN_FLIGHT = 512;

interface Pair {
  a: QueueRun;
  b: QueueRun;
}

/** Three stages of the product beside one hop: what the pipeline costs in Redis and Node, and nothing else. */
export const queuePlane: Bench = {
  name: "queue-plane",
  title: "Queue plane: three stages beside one hand-written BullMQ hop",
  async run({ rounds, scale }) {
    const load = { jobs: Math.ceil(JOBS * scale), inFlight: IN_FLIGHT };
    const pairs = await alternate(
      rounds,
      () => runQueueSide("plane", load),
      () => runQueueSide("hop", load),
    );
    return {
      subject: "classify, invoke, settle",
      reference: "one hop",
      rows: [...rowsOf(pairs), ...commandRows(pairs)],
      notes: [
        `${load.jobs} jobs a run after a warm-up of a quarter, ${IN_FLIGHT} in flight, handlers that do nothing.`,
        "Each run has its own process and its own Redis, without persistence. The hop's job carries 1 KB of prompt, the plane's ids.",
        "Calls are commands executed, those inside scripts included; scripts are commands that run one.",
      ],
      rounds: pairs.map(({ a, b }) => ({ subject: a, reference: b })),
    };
  },
};

function rowsOf(pairs: readonly Pair[]): Row[] {
  const both = (metric: string, of: (run: QueueRun) => number, bar?: string) =>
    row(metric, pairs, {
      subject: ({ a }) => of(a),
      reference: ({ b }) => of(b),
      ...(bar === undefined ? {} : { bar }),
    });
  return [
    both("jobs/s", ({ jobs, seconds }) => jobs / seconds, ">= 1.0 x"),
    both(
      "CPU us/job",
      ({ jobs, nodeCpuMs, redis }) => (1_000 * (nodeCpuMs + redis.cpuMs)) / jobs,
      "<= 1.0 x",
    ),
    both("  of it Node", ({ jobs, nodeCpuMs }) => (1_000 * nodeCpuMs) / jobs),
    both("  of it Redis", ({ jobs, redis }) => (1_000 * redis.cpuMs) / jobs),
    both("Redis calls/job", ({ jobs, redis }) => redis.calls / jobs, "<= 33"),
    both("scripts/job", ({ jobs, redis }) => redis.scripts / jobs, "<= 2"),
    both("wire bytes/job", ({ jobs, redis }) => redis.wireBytes / jobs, "<= 3300"),
  ];
}

/** The commands that the subject calls most often beyond the reference. */
function commandRows(pairs: readonly Pair[]): Row[] {
  const perJob = (run: QueueRun, command: string) => (run.redis.callsByCommand[command] ?? 0) / run.jobs;
  const commands = [...new Set(pairs.flatMap(({ a }) => Object.keys(a.redis.callsByCommand)))];
  return commands
    .map((command) => {
      const subject = rounded(median(pairs.map(({ a }) => perJob(a, command))));
      const reference = rounded(median(pairs.map(({ b }) => perJob(b, command))));
      return { metric: `  ${command}/job`, subject, reference, ratio: null };
    })
    .sort((a, b) => b.subject - b.reference - (a.subject - a.reference))
    .slice(0, 6);
}
