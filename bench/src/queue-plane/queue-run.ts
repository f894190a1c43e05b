import { startProcess, startRedis } from "@switchyard/testkit";
import type { RedisReading } from "../meters/redis-meter.ts";

/** `plane` is the product's three stages, `hop` one BullMQ hop, `sdk-hop` the same making a provider call. */
export type QueueSide = "plane" | "hop" | "sdk-hop";

export interface QueueLoad {
  jobs: number;
  inFlight: number;
  /** Where `sdk-hop` calls. */
  providerUrl?: string;
}

/** What one side took for its jobs. */
export interface QueueRun {
  jobs: number;
  seconds: number;
  nodeCpuMs: number;
  redis: RedisReading;
}

const ENTRY = new URL("./queue-main.ts", import.meta.url);
/** A run takes seconds; this ends a hang. */
const RUN_TIMEOUT_MS = 120_000;

/** Runs one side in a fresh process on a Redis of its own. */
export async function runQueueSide(side: QueueSide, load: QueueLoad): Promise<QueueRun> {
  const redis = await startRedis();
  const args = ["--side", side, "--redis", redis.url, "--provider", load.providerUrl ?? "none"];
  args.push("--jobs", String(load.jobs), "--in-flight", String(load.inFlight));
  const child = startProcess({ entry: ENTRY, name: side, args });
  try {
    const line = await child.waitForLog((text) => text.startsWith("result "), { timeoutMs: RUN_TIMEOUT_MS });
    return JSON.parse(line.slice("result ".length)) as QueueRun;
  } finally {
    await child.stop();
    await redis.stop();
  }
}
