import { startProcess, startRedis } from "@switchyard/testkit";
import { request } from "undici";
import { z } from "zod";
import { closedLoop } from "../closed-loop.ts";
import { openSubmitter } from "../durable-path/submitter.ts";
import { startSystem } from "../durable-path/system.ts";
import { openLoop } from "./arrivals.ts";

export interface OpenLoad {
  count: number;
  perSecond: number;
  seed: number;
}

/** What one job waited for us: before its work began, and after it was done until that could be seen. */
export interface Overhead {
  beforeMs: number;
  afterMs: number;
  /** Until the 202, where there is one. */
  acceptMs?: number;
}

/** Until the compiler has done its work in all four services; their first jobs take ten times as long. */
const WARM_UP_JOBS = 200;
const ENTRY = new URL("./overhead-main.ts", import.meta.url);

/** Queues alone, in a fresh process on a Redis of its own. */
export async function runQueues(side: "plane" | "hop", load: OpenLoad): Promise<Overhead[]> {
  const redis = await startRedis();
  const args = ["--side", side, "--redis", redis.url, "--jobs", String(load.count)];
  args.push("--rate", String(load.perSecond), "--seed", String(load.seed));
  const child = startProcess({ entry: ENTRY, name: side, args });
  try {
    const line = await child.waitForLog((text) => text.startsWith("result "), { timeoutMs: 120_000 });
    return JSON.parse(line.slice("result ".length)) as Overhead[];
  } finally {
    await child.stop();
    await redis.stop();
  }
}

const BillLine = z.object({ jobId: z.string(), startedAtMs: z.number(), endedAtMs: z.number() });

/** The whole product. The provider's own bill says when each call arrived and was answered, to the millisecond. */
export async function runSystem(load: OpenLoad): Promise<Overhead[]> {
  const system = await startSystem();
  const submitter = await openSubmitter(system);
  try {
    const jobs = new Map<string, { sentAtMs: number; acceptedAtMs: number; endedAtMs: number }>();
    await closedLoop(
      { count: WARM_UP_JOBS, inFlight: 16 },
      async (index) => void (await submitter.run(index)),
    );
    await openLoop(load, async (index) => {
      const sentAtMs = nowMs();
      let acceptedAtMs = Number.NaN;
      const id = await submitter.run(index, () => {
        acceptedAtMs = nowMs();
      });
      jobs.set(id, { sentAtMs, acceptedAtMs, endedAtMs: nowMs() });
    });
    const { body } = await request(`${system.providerUrl}/bill`);
    const lines = (await body.text()).split("\n").filter((line) => line !== "");
    return lines.flatMap((line) => {
      const call = BillLine.parse(JSON.parse(line));
      const job = jobs.get(call.jobId);
      if (job === undefined) return [];
      return {
        beforeMs: call.startedAtMs - job.sentAtMs,
        afterMs: job.endedAtMs - call.endedAtMs,
        acceptMs: job.acceptedAtMs - job.sentAtMs,
      };
    });
  } finally {
    await submitter.close();
    await system.stop();
  }
}

/** The clock that all processes share, with the resolution of this one's. */
function nowMs(): number {
  return performance.timeOrigin + performance.now();
}
