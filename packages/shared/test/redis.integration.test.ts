import {
  freePort,
  type RunningRedis,
  startRedis,
  uniquePrefix,
  waitFor,
  watchLeaks,
} from "@switchyard/testkit";
import type { Redis } from "ioredis";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import {
  checkRedis,
  connect,
  eventPublisher,
  type JobEvent,
  subscribeToEvents,
} from "../src/queues/index.ts";
import { startLossyRedis } from "./lossy-redis.ts";
import { newJobId } from "./support.ts";

afterAll(watchLeaks());

let server: RunningRedis;

beforeAll(async () => {
  server = await startRedis();
});
afterAll(() => server.stop());

describe("the check of Redis at a start", () => {
  async function check(url: string, timeoutMs = 5_000): Promise<void> {
    const redis = connect(url, "producer");
    try {
      await checkRedis(redis, timeoutMs);
    } finally {
      redis.disconnect();
    }
  }

  test("accepts one that never evicts", async () => {
    await check(server.url);
  });

  test("refuses one that evicts, and says what to do", async () => {
    const evicting = await startRedis({ maxmemory: "64mb" });
    const admin = connect(evicting.url, "worker");
    await admin.config("SET", "maxmemory-policy", "allkeys-lru");
    await expect(check(evicting.url)).rejects.toMatchObject({
      code: "REDIS_UNSUITABLE",
      message: expect.stringMatching(/allkeys-lru.*config set maxmemory-policy noeviction/),
    });
    admin.disconnect();
    await evicting.stop();
  });

  test.each([
    ["5", false],
    ["6.0", false],
    ["6.1", false],
    ["6.2", true],
  ])("of version %s: fit is %s", async (version, isFit) => {
    const way = await startLossyRedis(server.url, (reply) => replaceVersion(reply, version));
    const checked = check(way.url);
    if (isFit) await checked;
    else
      await expect(checked).rejects.toMatchObject({
        code: "REDIS_UNSUITABLE",
        message: expect.stringContaining(`${version}`),
      });
    await way.close();
  });

  test("waits for one that is slow to come up, and no longer than it was told", async () => {
    const port = await freePort();
    const url = `redis://127.0.0.1:${port}`;
    const startMs = performance.now();
    await expect(check(url, 400)).rejects.toMatchObject({
      code: "QUEUE_UNAVAILABLE",
      message: expect.stringContaining(`127.0.0.1:${port}; start Redis or set REDIS_URL`),
    });
    expect(performance.now() - startMs).toBeLessThan(2_000);
    const checked = check(url, 20_000);
    const late = await startRedis({ port });
    await checked;
    await late.stop();
  });
});

/** The same length, so that the reply stays whole: the rest of the version becomes spaces. */
function replaceVersion(reply: string, version: string): string {
  return reply.replace(
    /redis_version:(\S+)/,
    (_, own: string) => `redis_version:${version.padEnd(own.length)}`,
  );
}

describe("events", () => {
  let own: RunningRedis;
  let connections: Redis[];
  const prefix = uniquePrefix("events");

  beforeEach(async () => {
    own = await startRedis();
    connections = [];
    return async () => {
      for (const connection of connections) connection.disconnect();
      await own.stop();
    };
  });

  function open(role: "producer" | "subscriber"): Redis {
    const connection = connect(own.url, role);
    connections.push(connection);
    return connection;
  }

  function listening(as = prefix): JobEvent[] {
    const heard: JobEvent[] = [];
    subscribeToEvents(open("subscriber"), as, (event) => heard.push(event));
    return heard;
  }

  const anEvent = (version = 1): JobEvent => ({ jobId: newJobId(), version, status: "running" });

  test("reach every subscriber of their own prefix in the order they were told, and say no more", async () => {
    const [first, second, foreign] = [listening(), listening(), listening(`${prefix}x`)];
    const redis = open("producer");
    await waitFor(async () => (await redis.pubsub("NUMSUB", `${prefix}:events`))[1] === 2);
    const { publish } = eventPublisher(redis, prefix);
    const told = Array.from({ length: 250 }, (_, index) => anEvent(index));
    // What is published is often a whole row: only these three fields travel.
    for (const event of told) publish({ ...event, tenant: "acme", prompt: "canary" } as JobEvent);
    await waitFor(() => first.length === told.length && second.length === told.length);
    expect(first).toEqual(told);
    expect(second).toEqual(told);
    expect(foreign).toEqual([]);
  });

  test("that are not ours are passed over", async () => {
    const heard = listening();
    const redis = open("producer");
    const channel = `${prefix}:events`;
    await waitFor(async () => (await redis.pubsub("NUMSUB", channel))[1] === 1);
    for (const text of ["", "{", "null", '[{"jobId":"x"}]', "[1]"]) await redis.publish(channel, text);
    const event = anEvent();
    eventPublisher(redis, prefix).publish(event);
    await waitFor(() => heard.length > 0);
    expect(heard).toEqual([event]);
  });

  test("may be lost with Redis, which harms nobody; those after its return arrive", async () => {
    const heard = listening();
    const { publish } = eventPublisher(open("producer"), prefix);
    await waitFor(() => {
      publish(anEvent());
      return heard.length > 0;
    });
    await own.kill("SIGKILL");
    for (let index = 0; index < 300; index += 1) publish(anEvent());
    await own.restart();
    const before = heard.length;
    await waitFor(() => {
      publish(anEvent());
      return heard.length > before;
    });
  });
});
