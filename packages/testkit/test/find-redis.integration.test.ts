import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";
import { afterAll, afterEach, beforeEach, expect, inject, test } from "vitest";
import { IMAGES, whyNoContainer } from "../src/containers.ts";
import { dockerRedis } from "../src/find-redis.ts";
import { findRedis, RedisNotFound, type RunningRedis, watchLeaks } from "../src/index.ts";

// Asking for an engine loads a library that keeps signal handlers for good, so it is asked before the watch begins.
const noDocker = await whyNoContainer(IMAGES.redis);
afterAll(watchLeaks());

let dataDir: string;
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "switchyard-find-redis-"));
});
afterEach(() => rm(dataDir, { recursive: true, force: true }));

async function withClient<T>(redis: RunningRedis, use: (client: Redis) => Promise<T>): Promise<T> {
  const client = new Redis(redis.url, { maxRetriesPerRequest: 1 });
  try {
    return await use(client);
  } finally {
    client.disconnect();
    await redis.stop();
  }
}

test("the address in REDIS_URL is used and left alone", async () => {
  const redis = await findRedis({ environment: { REDIS_URL: inject("redisUrl") } });
  expect(redis.how).toBe("REDIS_URL");
  await redis.stop();
  const again = await findRedis({ environment: { REDIS_URL: inject("redisUrl") } });
  expect(await withClient(again, (client) => client.ping())).toBe("PONG");
});

test("a wrong REDIS_URL is an error with a remedy, not a reason to look elsewhere", async () => {
  const wrong = "redis://127.0.0.1:1";
  const error = await findRedis({ environment: { REDIS_URL: wrong } }).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(RedisNotFound);
  expect((error as RedisNotFound).what).toContain("ECONNREFUSED");
});

test("a found redis keeps its data from one run to the next", async () => {
  const first = await findRedis({ environment: {}, dataDir });
  await withClient(first, (client) => client.set("key", "kept"));
  const second = await findRedis({ environment: {}, dataDir });
  expect(second.how).toMatch(/redis/);
  expect(await withClient(second, (client) => client.get("key"))).toBe("kept");
});

test("a redis in a container keeps its data from one run to the next", async ({ skip }) => {
  if (noDocker !== undefined) skip(noDocker);
  const first = await dockerRedis({ appendonly: true, dataDir });
  await withClient(first, (client) => client.set("key", "kept"));
  const second = await dockerRedis({ appendonly: true, dataDir });
  expect(second.how).toBe(`container ${IMAGES.redis}`);
  expect(await withClient(second, (client) => client.get("key"))).toBe("kept");
}, 60_000);
