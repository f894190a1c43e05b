import { randomBytes } from "node:crypto";
import { connect, openSummoner, type RedisConnection, type Summoner } from "@switchyard/shared/queues";
import { type RunningRedis, startRedis, waitFor } from "@switchyard/testkit";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Api, ask, startApi } from "./support.ts";

let server: RunningRedis;
let api: Api;
const others: Api[] = [];
let redis: RedisConnection;
let summoner: Summoner;

beforeEach(async () => {
  server = await startRedis();
  api = await startApi({}, { redisUrl: server.url });
  redis = connect(server.url, "worker");
  await redis.ping();
  summoner = openSummoner(redis, prefix());
});

afterEach(async () => {
  await summoner.close();
  redis.disconnect();
  await Promise.all([api, ...others.splice(0)].map((one) => one.stop()));
  await server.stop();
});

const prefix = () => api.environment["QUEUE_PREFIX"] as string;

async function summon(modelId: string, count: number, delayMs = 0): Promise<void> {
  for (let n = 0; n < count; n += 1) {
    const jobId = `job_${randomBytes(13).toString("hex")}`;
    await summoner.summon("invoke", { version: 1, jobId, generation: 1, modelId }, { delayMs });
  }
}

/** What BullMQ does when somebody pauses a queue. */
async function pause(modelId: string): Promise<void> {
  await redis.hset(`${prefix()}:invoke.${modelId}:meta`, "paused", 1);
}

const get = (path: string, from: Api = api) => ask(`http://127.0.0.1:${from.opsPort}`, `GET ${path}`);

/** Lines of the queue metrics that a replica exports. */
async function published(from: Api): Promise<string[]> {
  const { text } = await get("/metrics", from);
  return text.split("\n").filter((line) => /^switchyard_(queue_|redis_)/.test(line));
}

async function secondReplica(): Promise<Api> {
  const other = await startApi(api.environment);
  others.push(other);
  return other;
}

describe("queue load", () => {
  test("is there without any worker: of all queues, and of those asked about with their sum", async () => {
    await summon("sim-small", 5);
    await summon("sim-large", 1, 60_000);
    await summoner.summon("settle", { version: 1, jobId: `job_${"0".repeat(26)}`, generation: 1 });
    const { status, body } = await get("/queue-load");
    expect([status, body.load]).toEqual([200, 6]);
    expect(body.queues.map(({ queue }: { queue: string }) => queue)).toEqual([
      ...["classify", "invoke-sim-small", "invoke-sim-math", "invoke-sim-large", "settle"],
    ]);
    expect(body.queues[1]).toEqual({
      ...{ queue: "invoke-sim-small", stage: "invoke", model: "sim-small", paused: false, load: 5 },
      ...{ waiting: 0, prioritized: 5, active: 0, delayed: 0, dueDelayed: 0 },
      ...{ oldestAgeSeconds: expect.any(Number), backlogTokenSeconds: 50, drainSeconds: null },
    });
    const pool = await get("/queue-load?stage=invoke&model=sim-small&model=sim-large");
    expect(pool.body).toMatchObject({ load: 5, queues: [{ load: 5 }, { load: 0, delayed: 1 }] });
    const soon = await get("/queue-load?stage=invoke&model=sim-small&model=sim-large&due_within=120");
    expect(soon.body).toMatchObject({ load: 6, queues: [{ load: 5 }, { load: 1, dueDelayed: 1 }] });
  });

  test("takes time-outs of judging for work only once nobody was there when they passed", async () => {
    const message = { version: 1, jobId: `job_${"1".repeat(26)}`, generation: 1 } as const;
    await summoner.summon("classify", message, { delayMs: 5_000, suffix: "-t" });
    const ahead = await get("/queue-load?stage=classify");
    expect(ahead.body).toMatchObject({ load: 0, queues: [{ delayed: 1, dueDelayed: 0 }] });
    await summoner.summon("classify", message, { delayMs: 1 });
    await waitFor(async () => (await get("/queue-load?stage=classify")).body.load === 1);
  });

  test("is 0 while a queue is paused, whatever waits", async () => {
    await pause("sim-small");
    await summon("sim-small", 3);
    const { body } = await get("/queue-load?model=sim-small");
    expect(body).toMatchObject({ load: 0, queues: [{ paused: true, load: 0, prioritized: 3 }] });
  });

  test.each([
    ["?stage=brew", 404],
    ["?stage=invoke&model=sim-smal", 404],
    ["?stage=settle&model=sim-small", 400],
    ["?due_within=-1", 400],
    ["?due_within=soon", 400],
    ["?due_within=3601", 400],
    ["?tenant=acme", 400],
  ])("refuses what it cannot answer: %s", async (query, status) => {
    expect(await get(`/queue-load${query}`)).toMatchObject({ status, body: { status: "error" } });
  });

  test.each([
    ["gone", () => server.kill("SIGKILL"), () => server.restart()],
    ["hanging", () => server.kill("SIGSTOP"), () => server.kill("SIGCONT")],
  ] as const)(
    "is an error while Redis is %s, never a 0, and there again afterwards",
    async (_, leave, comeBack) => {
      await leave();
      const { status, body } = await get("/queue-load").finally(comeBack);
      expect({ status, body }).toMatchObject({ status: 503, body: { status: "error" } });
      await waitFor(async () => (await get("/queue-load")).status === 200);
    },
  );

  test("is the same from every replica, and published by one of them", async () => {
    const other = await secondReplica();
    await pause("sim-small");
    const [first, second] = await Promise.all([get("/queue-load"), get("/queue-load", other)]);
    expect({ ...second.body, asOf: "" }).toEqual({ ...first.body, asOf: "" });
    await waitFor(async () => (await published(api)).length > 0);
    const lines = await published(api);
    const labels = 'queue="invoke-sim-small",stage="invoke",model="sim-small"';
    expect(lines).toContain(`switchyard_queue_jobs{${labels},state="waiting",service="ingest"} 0`);
    expect(lines).toContain('switchyard_redis_noeviction{service="ingest"} 1');
    expect(lines.filter((line) => line.startsWith("switchyard_queue_drain_seconds"))).toEqual([]);
    expect(await published(other)).toEqual([]);
  });

  test("is published by another replica once the one that did has gone, and no longer by that", async () => {
    const other = await secondReplica();
    await waitFor(async () => (await published(api)).length > 0);
    await api.stop();
    await waitFor(async () => (await published(other)).length > 0);
  });
});
