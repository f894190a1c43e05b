import { Redis } from "ioredis";
import { afterAll, afterEach, expect, inject, test } from "vitest";
import { type RunningRedis, startRedis, testRedis, watchLeaks } from "../src/index.ts";

afterAll(watchLeaks());

const started: RunningRedis[] = [];

async function start(...options: Parameters<typeof startRedis>): Promise<RunningRedis> {
  const redis = await startRedis(...options);
  started.push(redis);
  return redis;
}

async function ask<T>(redis: RunningRedis, question: (client: Redis) => Promise<T>): Promise<T> {
  const client = new Redis(redis.url, { maxRetriesPerRequest: 1 });
  try {
    return await question(client);
  } finally {
    client.disconnect();
  }
}

afterEach(async () => {
  for (const redis of started.splice(0)) await redis.stop();
});

test("a started redis listens on loopback only and never evicts", async () => {
  const redis = await start({ maxmemory: "32mb" });
  const settings = await ask(redis, (client) =>
    client.config("GET", "bind", "maxmemory-policy", "save", "maxmemory"),
  );
  expect(settings).toEqual(
    expect.arrayContaining([
      "bind",
      "127.0.0.1",
      "maxmemory-policy",
      "noeviction",
      "save",
      "",
      "maxmemory",
      "33554432",
    ]),
  );
});

test("a redis with an append-only file keeps its data through a kill and a restart on the same port", async () => {
  const redis = await start({ appendonly: true });
  await ask(redis, async (client) => {
    await client.set("key", "kept");
    // Everysec: the kill may come before the second is over, but what was written reached the kernel.
    expect(await client.get("key")).toBe("kept");
  });
  const { url, pid } = redis;
  await redis.kill("SIGKILL");
  await redis.restart();
  expect(redis.url).toBe(url);
  expect(redis.pid).not.toBe(pid);
  expect(await ask(redis, (client) => client.get("key"))).toBe("kept");
});

test("a wiped redis is empty and reachable where it was", async () => {
  const redis = await start({ appendonly: true });
  await ask(redis, (client) => client.set("key", "lost"));
  await redis.wipe();
  expect(await ask(redis, (client) => client.get("key"))).toBeNull();
});

test("redises started together take different ports", async () => {
  const redises = await Promise.all([start(), start(), start(), start()]);
  expect(new Set(redises.map(({ url }) => url)).size).toBe(4);
});

test("a fixed port already taken is refused with the reason", async () => {
  const redis = await start();
  await expect(startRedis({ port: Number(new URL(redis.url).port) })).rejects.toThrow(
    "Address already in use",
  );
});

test("an address where nothing answers is refused with what to do, and without its password", async () => {
  const refused = startRedis({ url: "redis://user:secret@127.0.0.1:1/" });
  await expect(refused).rejects.toThrow(
    /No Redis answers at redis:\/\/127\.0\.0\.1:1\/ .*change the address/,
  );
});

test("the redis shared by all test files can be neither killed nor emptied by one of them", async () => {
  const redis = await testRedis();
  expect(redis.url).toBe(inject("redisUrl"));
  await expect(redis.kill()).rejects.toThrow("not ours");
  await expect(redis.wipe()).rejects.toThrow("not ours");
  await redis.stop();
  expect(await ask(redis, (client) => client.ping())).toBe("PONG");
});
