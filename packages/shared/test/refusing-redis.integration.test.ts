import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startRedis, waitFor, watchLeaks } from "@switchyard/testkit";
import type { Redis } from "ioredis";
import { afterAll, expect, test } from "vitest";
import { createMetrics } from "../src/telemetry/index.ts";
import { gate, isEmpty, runClassify, summons, toInvoke, usingQueues, waitingLists } from "./queue-support.ts";

afterAll(watchLeaks());

const set = (redis: Redis, ...settings: [string, string][]) =>
  Promise.all(settings.map(([name, value]) => redis.config("SET", name, value)));

/** How a Redis comes to refuse writes, and how it is mended. */
const STATES: [
  string,
  (redis: Redis, dir: string) => Promise<unknown>,
  (redis: Redis) => Promise<unknown>,
][] = [
  ["OOM", (redis) => set(redis, ["maxmemory", "1"]), (redis) => set(redis, ["maxmemory", "0"])],
  ["READONLY", (redis) => redis.replicaof("127.0.0.1", 1), (redis) => redis.replicaof("NO", "ONE")],
  [
    "NOREPLICAS",
    (redis) => set(redis, ["min-replicas-to-write", "1"]),
    (redis) => set(redis, ["min-replicas-to-write", "0"]),
  ],
  [
    "MISCONF",
    async (redis, dir) => {
      await rm(dir, { recursive: true });
      await set(redis, ["save", "3600 1"]);
      await redis.bgsave();
      await waitFor(async () => (await redis.info("persistence")).includes("rdb_last_bgsave_status:err"));
    },
    (redis) => set(redis, ["stop-writes-on-bgsave-error", "no"], ["save", ""]),
  ],
];

test.each(STATES)(
  "a Redis that refuses writes (%s) is asked seldom, and work goes on by itself",
  async (_, refuse, mend) => {
    const dir = await mkdtemp(join(tmpdir(), "switchyard-refusing-"));
    const server = await startRedis({ dataDir: dir });
    const queues = await usingQueues({ url: server.url });
    const admin = queues.connect("worker");
    const metrics = createMetrics("test");
    const errors = async () => (await metrics.workerErrors.get()).values[0]?.value ?? 0;
    const [started, finish] = [gate(), gate()];
    let isStarted = false;
    const runner = runClassify(queues, {
      concurrency: 2,
      lockMs: 2_000,
      metrics,
      async handler(message) {
        if (isStarted) started.open();
        isStarted = true;
        await finish.passed;
        return toInvoke(message);
      },
    });
    const messages = Array.from({ length: 6 }, () => summons());
    for (const message of messages) await queues.summoner.summon("classify", message, {});
    await started.passed;
    const startMs = performance.now();
    await refuse(admin, dir);
    // What is in hand can neither be handed on nor put back.
    finish.open();
    // Without a brake the second follows the first at once, and thousands more each second.
    await waitFor(async () => (await errors()) >= 2);
    expect((await errors()) / ((performance.now() - startMs) / 1_000)).toBeLessThan(20);
    expect(runner.problem()).toBeNull();
    await mend(admin);
    await waitFor(() => isEmpty(queues.look("classify")), { timeoutMs: 25_000 });
    expect(
      new Set((await waitingLists(queues.look("invoke.sim-small"))).map(([message]) => message)),
    ).toEqual(new Set(messages.map((message) => ({ ...message, modelId: "sim-small" }))));
    await runner.drain(0);
    await queues[Symbol.asyncDispose]();
    await server.stop();
    await rm(dir, { recursive: true, force: true });
  },
  60_000,
);
