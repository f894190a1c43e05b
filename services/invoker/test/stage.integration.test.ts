import { randomUUID } from "node:crypto";
import type { JobRow } from "@switchyard/shared/ledger";
import {
  connect,
  eventPublisher,
  openSummoner,
  type RedisConnection,
  runStage,
} from "@switchyard/shared/queues";
import { writeOffWith } from "@switchyard/shared/service";
import { createLogger, createMetrics } from "@switchyard/shared/telemetry";
import { testRedis, uniquePrefix, waitFor, watchLeaks } from "@switchyard/testkit";
import { afterAll, expect, test } from "vitest";
import { invokeWith } from "../src/invoke.ts";
import { usingWorld, type World } from "./support.ts";

afterAll(watchLeaks());

test("a prompt and its answer never enter Redis, from the summons to the hand-over, whatever fails", async () => {
  await using world = await usingWorld();
  const server = await testRedis();
  const prefix = uniquePrefix("{canary}");
  const [producer, worker, eye] = [
    connect(server.url, "producer"),
    connect(server.url, "worker"),
    connect(server.url, "worker"),
  ];
  await waitFor(() => producer.status === "ready");
  const heard: string[] = [];
  const ear = connect(server.url, "subscriber");
  ear.on("message", (_channel, text) => heard.push(text));
  await ear.subscribe(`${prefix}:events`);
  const summoner = openSummoner(producer, prefix);
  // Letters alone: the simulated model works out what looks like a sum.
  const canary = randomUUID().replace(/[\d-]/g, "z");
  const prompt = `Repeat after me: ${canary}`;
  const jobs = await Promise.all(["sim-small", "fault-reset", "fault-400", "fault-malformed"].map(jobFor));

  async function jobFor(providerModel: string) {
    return { providerModel, row: await world.job({ prompt, request: { onUnknown: "fail" } }) };
  }

  for (const { row } of jobs) await summoner.summon("invoke", summonsOf(row));
  const before = await everything(eye, prefix);
  const metrics = createMetrics("test");
  const options = { ...world, events: eventPublisher(producer, prefix), metrics };
  const runner = runStage({
    stage: "invoke",
    modelId: "sim-small",
    redis: worker,
    prefix,
    summoner,
    handler: async (message, context) => {
      const { providerModel } = jobs.find(({ row }) => row.jobId === message.jobId) ?? { providerModel: "" };
      return invokeWith({ ...options, model: { ...world.model, providerModel } })(message, context);
    },
    onDeadLetter: writeOffWith(world.ledger),
    concurrency: 4,
    log: createLogger("test", "silent"),
    metrics,
  });
  await waitFor(async () => (await everything(eye, prefix)).includes(`"n":1`));
  await waitFor(async () => (await world.view(jobs[2]?.row as JobRow)).job.failure);
  const during = await everything(eye, prefix);
  await runner.drain(5_000);
  const after = await everything(eye, prefix);
  expect(await answerOf(world, jobs[0]?.row as JobRow)).toContain(canary);
  for (const text of [before, during, after, heard.join("\n"), await metrics.registry.metrics()]) {
    expect(text).not.toContain(canary);
    expect(text).not.toContain("Repeat after me");
  }
  // What was looked at is what it should be: the job's own id is there.
  expect(before).toContain(jobs[0]?.row.jobId);
  expect(heard.join("\n")).toContain(jobs[0]?.row.jobId);
  await summoner.close();
  for (const connection of [producer, worker, eye, ear]) connection.disconnect();
  await server.stop();
});

function summonsOf({ jobId, generation }: JobRow) {
  return { version: 1 as const, jobId, generation, modelId: "sim-small" };
}

async function answerOf(world: World, job: JobRow): Promise<string | null> {
  const [row] = (await world.view(job)).attempts;
  return row === undefined ? null : world.ledger.contents.readResult(row);
}

/** Every key under a prefix with everything in it, as one text. */
async function everything(redis: RedisConnection, prefix: string): Promise<string> {
  const parts: string[] = [];
  for (const key of await redis.keys(`${prefix}*`))
    parts.push(key, JSON.stringify(await contentOf(redis, key)));
  return parts.join("\n").replaceAll('\\"', '"');
}

async function contentOf(redis: RedisConnection, key: string): Promise<unknown> {
  switch (await redis.type(key)) {
    case "string":
      return redis.get(key);
    case "list":
      return redis.lrange(key, 0, -1);
    case "hash":
      return redis.hgetall(key);
    case "set":
      return redis.smembers(key);
    case "zset":
      return redis.zrange(key, "0", "-1");
    case "stream":
      return redis.xrange(key, "-", "+");
    default:
      return null;
  }
}
