import type { Bench } from "../bench.ts";
import { type QueueRun, runQueueSide } from "../queue-plane/queue-run.ts";
import { type Row, row } from "../report.ts";
import { alternate } from "../rounds.ts";
import { INDEX_WRITE_UNITS_PER_JOB, sumOf, USD_PER_MILLION_UNITS, usdOf } from "./ledger-use.ts";
import { type PathLoad, type PathRun, runPath } from "./path-run.ts";
import { SERVICES, startProvider } from "./system.ts";

const LIGHT: PathLoad = { jobs: 100, inFlight: 2 };
const HEAVY: PathLoad = { jobs: 600, inFlight: 256 };
const WARM_UP_JOBS = 200;
/** The reference is faster, so that it needs more jobs to be measured for as long. */
const REFERENCE_FACTOR = 4;

type Load = "light" | "heavy";
type Pair = { a: Record<Load, PathRun>; b: Record<Load, QueueRun> };

/** The whole product beside a queue and a worker that make the same call and remember nothing. */
export const durablePath: Bench = {
  name: "durable-path",
  title: "Durable path: HTTP in to ledger written, beside one BullMQ hop that makes the same SDK call",
  async run({ rounds, scale }) {
    const scaled = ({ jobs, inFlight }: PathLoad) => ({ jobs: Math.ceil(jobs * scale), inFlight });
    const loads = { light: scaled(LIGHT), heavy: scaled(HEAVY) };
    const pairs = await alternate(
      rounds,
      async () => {
        // The heavy load first: by the light one, of few jobs, everything is compiled.
        const [heavy, light] = await runPath(Math.ceil(WARM_UP_JOBS * scale), [loads.heavy, loads.light]);
        return { light: light as PathRun, heavy: heavy as PathRun };
      },
      () => runReference(loads),
    );
    return {
      subject: "whole path",
      reference: "one hop + SDK",
      rows: (["heavy", "light"] as const).flatMap((load) => rowsOf(load, loads[load].inFlight, pairs)),
      notes: [
        "Four service processes, Redis with its append-only file, an emulated DynamoDB and the simulated provider, each a process of its own; provider latency 0.",
        "Our CPU is that of the four services and Redis. The emulator shares the two cores and bounds jobs/s: read CPU/job.",
        "The reference has no HTTP, no ledger, no classification; its Redis has no persistence; its SDK is used as it comes.",
        `DynamoDB: capacity units as the endpoint reports them, at USD ${USD_PER_MILLION_UNITS.write} per million write and ${USD_PER_MILLION_UNITS.read} per million read units (on demand, us-east-1); ${INDEX_WRITE_UNITS_PER_JOB} write units per job are added for the indexes, which the emulator does not count.`,
      ],
      rounds: pairs.map(({ a, b }) => ({ subject: a, reference: b })),
    };
  },
};

async function runReference(loads: Record<Load, PathLoad>): Promise<Record<Load, QueueRun>> {
  const provider = await startProvider();
  const side = ({ jobs, inFlight }: PathLoad) =>
    runQueueSide("sdk-hop", { jobs: jobs * REFERENCE_FACTOR, inFlight, providerUrl: provider.url });
  try {
    return { light: await side(loads.light), heavy: await side(loads.heavy) };
  } finally {
    await provider.process.stop();
  }
}

function rowsOf(load: Load, inFlight: number, pairs: readonly Pair[]): Row[] {
  const title = (metric: string) => `${load} (${inFlight} in flight): ${metric}`;
  const both = (metric: string, path: (run: PathRun) => number, hop: (run: QueueRun) => number) =>
    row(title(metric), pairs, {
      subject: ({ a }) => path(a[load]),
      reference: ({ b }) => hop(b[load]),
    });
  const alone = (metric: string, of: (run: PathRun) => number) =>
    row(title(metric), pairs, { subject: ({ a }) => of(a[load]) });
  const perJobUs = (run: PathRun, name: string) => (1_000 * (run.cpuMs[name] ?? 0)) / run.jobs;
  const servicesUs = (run: PathRun) => SERVICES.reduce((sum, name) => sum + perJobUs(run, name), 0);
  const redisUs = (run: PathRun | QueueRun) => (1_000 * run.redis.cpuMs) / run.jobs;
  const hopUs = (run: QueueRun) => (1_000 * run.nodeCpuMs) / run.jobs;
  const operations = [...new Set(pairs.flatMap(({ a }) => Object.keys(a[load].ledger)))].sort();
  return [
    both(
      "jobs/s",
      (run) => run.jobs / run.seconds,
      (run) => run.jobs / run.seconds,
    ),
    both(
      "CPU us/job, services and Redis",
      (run) => servicesUs(run) + redisUs(run),
      (run) => hopUs(run) + redisUs(run),
    ),
    both("  Redis", redisUs, redisUs),
    ...SERVICES.map((name) => alone(`  ${name}`, (run) => perJobUs(run, name))),
    alone("  not ours: emulated DynamoDB", (run) => perJobUs(run, "dynamodb")),
    alone("  not ours: provider", (run) => perJobUs(run, "provider")),
    alone("DynamoDB requests/job", (run) => sumOf(run.ledger, "requests") / run.jobs),
    ...operations.map((name) =>
      alone(`  ${name} requests/job`, (run) => (run.ledger[name]?.requests ?? 0) / run.jobs),
    ),
    ...operations.map((name) =>
      alone(`  ${name} units/job`, (run) => (run.ledger[name]?.units ?? 0) / run.jobs),
    ),
    alone("write units/job, without indexes", (run) => sumOf(run.ledger, "writeUnits") / run.jobs),
    alone("read units/job", (run) => sumOf(run.ledger, "readUnits") / run.jobs),
    alone("DynamoDB USD per million jobs", (run) => (1_000_000 * usdOf(run.ledger, run.jobs)) / run.jobs),
  ];
}
