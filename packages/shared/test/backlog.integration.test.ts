import { type RunningRedis, startRedis, waitFor, watchLeaks } from "@switchyard/testkit";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { connect, openBacklog, openRunMark, type RedisConnection } from "../src/queues/index.ts";
import { type TestQueues, usingQueues } from "./queue-support.ts";
import { newJobId } from "./support.ts";

afterAll(watchLeaks());

let server: RunningRedis;
let queues: TestQueues;

beforeEach(async () => {
  server = await startRedis();
  queues = await usingQueues({ url: server.url });
  return async () => {
    await queues[Symbol.asyncDispose]();
    await server.stop();
  };
});

function summon(modelId: string): Promise<void> {
  const message = { version: 1 as const, jobId: newJobId(), generation: 1, modelId, tenant: "a" };
  return queues.summoner.summon("invoke", message);
}

describe("what summonses may stand behind", () => {
  test("grows with all that wait, in whatever queue, and has a bound", async () => {
    const backlog = openBacklog(queues.redis, queues.prefix, ["small", "large"]);
    expect(await backlog.measure()).toBe(0);
    await Promise.all(Array.from({ length: 30 }, () => summon("small")));
    await Promise.all(Array.from({ length: 20 }, () => summon("large")));
    expect(await backlog.measure()).toBe(5_000);
    const many = Array.from({ length: 10_000 }, (_, index) => [index, `i-${index}`]).flat();
    await queues.redis.zadd(`${queues.prefix}:invoke.small:prioritized`, ...many);
    expect(await backlog.measure()).toBe(900_000);
  });

  test("is known without being waited for, and is nothing where Redis does not answer", async () => {
    await summon("small");
    const backlog = openBacklog(queues.redis, queues.prefix, ["small"]);
    expect(backlog.waitMs()).toBe(0);
    await waitFor(() => backlog.waitMs() === 100);
    await server.kill("SIGKILL");
    expect(await backlog.measure()).toBe(0);
    expect(backlog.waitMs()).toBe(0);
  });
});

test("a Redis that refuses to say who it is has lost something where the mark is gone", async () => {
  await queues.redis.call("ACL", "SETUSER", "tight", "on", ">secret", "~*", "+@all", "-info");
  const url = new URL(server.url);
  Object.assign(url, { username: "tight", password: "secret" });
  const redis: RedisConnection = connect(url.href, "worker");
  await expect(redis.info()).rejects.toThrow(/NOPERM/);
  const mark = openRunMark(redis, queues.prefix);
  const lost = await mark.lostRun();
  expect(lost).not.toBeNull();
  await mark.markWhole(lost ?? "");
  expect(await mark.lostRun()).toBeNull();
  await redis.flushall();
  expect(await mark.lostRun()).not.toBeNull();
  redis.disconnect();
});
