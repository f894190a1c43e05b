import { closedLoop } from "../closed-loop.ts";
import { processCpuMs } from "../meters/process-cpu.ts";
import { openRedisMeter, type RedisReading, since } from "../meters/redis-meter.ts";
import { type LedgerUse, readLedgerUse, useSince } from "./ledger-use.ts";
import { openSubmitter, type Submitter } from "./submitter.ts";
import { type System, startSystem } from "./scratch-system.ts";

export interface PathLoad {
  jobs: number;
  inFlight: number;
}

/** What the product took for its jobs. */
export interface PathRun {
  jobs: number;
  seconds: number;
  /** By process; those of the emulated DynamoDB and of the provider are not ours. */
  cpuMs: Record<string, number>;
  redis: RedisReading;
  ledger: LedgerUse;
}

/** Starts the whole product, warms it up and runs each load on it, one after the other. */
export async function runPath(warmUpJobs: number, loads: readonly PathLoad[]): Promise<PathRun[]> {
  const system = await startSystem();
  const submitter = await openSubmitter(system);
  try {
    await closedLoop({ count: warmUpJobs, inFlight: 64 }, async (index) => void (await submitter.run(index)));
    const runs: PathRun[] = [];
    for (const load of loads) runs.push(await measured(system, submitter, load));
    return runs;
  } finally {
    await submitter.close();
    await system.stop();
  }
}

async function measured(system: System, submitter: Submitter, load: PathLoad): Promise<PathRun> {
  const meter = openRedisMeter(system.redisUrl);
  const read = async () => ({
    ledger: await readLedgerUse(system),
    redis: await meter.read(),
    cpuMs: cpuOf(system),
    atMs: performance.now(),
  });
  const before = await read();
  await closedLoop({ count: load.jobs, inFlight: load.inFlight }, async (index) => {
    await submitter.run(index);
  });
  const seconds = (performance.now() - before.atMs) / 1_000;
  const after = await read();
  meter.close();
  const cpuMs = Object.fromEntries(
    Object.entries(after.cpuMs).map(([name, value]) => [name, value - (before.cpuMs[name] ?? 0)]),
  );
  const ledger = useSince(before.ledger, after.ledger);
  return { jobs: load.jobs, seconds, cpuMs, redis: since(before.redis, after.redis), ledger };
}

function cpuOf({ pids }: System): Record<string, number> {
  return Object.fromEntries(Object.entries(pids).map(([name, pid]) => [name, processCpuMs(pid)]));
}
