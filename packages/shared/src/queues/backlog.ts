import type { Redis } from "ioredis";
import { queueName } from "./queue-names.ts";

/** How long a summons may stand behind others, all queues taken together. */
export interface Backlog {
  /** As measured lately, and 0 where that is not known; asks Redis again without making anybody wait. */
  waitMs: () => number;
  /** Asks Redis; 0 when it does not answer. */
  measure: () => Promise<number>;
}

/** A pool that takes ten a second: slow for one that has such a backlog. */
const PER_WAITING_MS = 100;
const MAX_WAIT_MS = 900_000;
/** What was measured earlier is measured again when it is asked for. */
const MEASURE_EVERY_MS = 1_000;
/** Redis may have lost everything since. */
const MAX_AGE_MS = 10_000;

export function openBacklog(redis: Redis, prefix: string, modelIds: Iterable<string>): Backlog {
  const names = [queueName("classify"), ...[...modelIds].map((modelId) => queueName("invoke", modelId))];
  let last = { waitMs: 0, atMs: Number.NEGATIVE_INFINITY };
  let askedAtMs = Number.NEGATIVE_INFINITY;

  async function count(): Promise<number> {
    const pipeline = redis.pipeline();
    for (const name of names) pipeline.zcard(`${prefix}:${name}:prioritized`).llen(`${prefix}:${name}:wait`);
    let sum = 0;
    for (const [error, length] of (await pipeline.exec()) ?? []) {
      if (error !== null) throw error;
      sum += Number(length);
    }
    return sum;
  }

  async function measure(): Promise<number> {
    askedAtMs = performance.now();
    const waiting = await count().catch(() => 0);
    last = { waitMs: Math.min(MAX_WAIT_MS, waiting * PER_WAITING_MS), atMs: performance.now() };
    return last.waitMs;
  }

  return {
    waitMs() {
      const nowMs = performance.now();
      if (nowMs - askedAtMs >= MEASURE_EVERY_MS) void measure();
      return nowMs - last.atMs < MAX_AGE_MS ? last.waitMs : 0;
    },
    measure,
  };
}
