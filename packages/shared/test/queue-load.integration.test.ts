import { waitFor, watchLeaks } from "@switchyard/testkit";
import { DelayedError, type Queue, Worker } from "bullmq";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { openQueueReader, type QueueFacts } from "../src/queues/index.ts";
import { gate, type TestQueues, usingQueues } from "./queue-support.ts";
import { newJobId } from "./support.ts";

afterAll(watchLeaks());

let queues: TestQueues;
let queue: Queue;
const workers: Worker[] = [];

beforeEach(async () => {
  queues = await usingQueues();
  queue = queues.look("invoke.small");
  return async () => {
    await Promise.all(workers.splice(0).map((worker) => worker.close(true)));
    await queues[Symbol.asyncDispose]();
  };
});

async function facts(dueWithinMs = 15_000): Promise<QueueFacts> {
  const read = openQueueReader(queues.redis, queues.prefix);
  const [only] = (await read([{ stage: "invoke", modelId: "small" }], dueWithinMs)).queues;
  return only as QueueFacts;
}

function working(
  handler: Worker["processFn" & keyof Worker] | ((job: never, token?: string) => Promise<void>),
) {
  const worker = new Worker("invoke.small", handler as never, {
    connection: queues.connect("worker"),
    prefix: queues.prefix,
    concurrency: 4,
  });
  workers.push(worker);
}

function addMany(count: number, options: object): Promise<unknown> {
  return queue.addBulk(Array.from({ length: count }, () => ({ name: "x", data: {}, opts: options })));
}

describe("a queue that nobody serves", () => {
  test("counts jobs with a priority, which are not in the list of those that wait", async () => {
    await addMany(5, { priority: 7 });
    expect(await facts()).toMatchObject({ waiting: 0, prioritized: 5, active: 0, delayed: 0, slots: 0 });
  });

  test("counts jobs without one", async () => {
    await addMany(3, {});
    expect(await facts()).toMatchObject({ waiting: 3, prioritized: 0 });
  });

  test("counts what is delayed as due once its time comes soon, and when it has passed without a worker", async () => {
    await addMany(1, { delay: 10_000 });
    await addMany(1, { delay: 20_000 });
    await addMany(1, { delay: 1 });
    await waitFor(async () => (await facts(0)).dueDelayed === 1);
    expect(await facts(0)).toMatchObject({ delayed: 3, dueDelayed: 1, waiting: 0, prioritized: 0 });
    expect(await facts()).toMatchObject({ delayed: 3, dueDelayed: 2 });
    expect(await facts(30_000)).toMatchObject({ dueDelayed: 3 });
  });

  test("says that it is paused, and still counts what waits", async () => {
    await queue.pause();
    await addMany(3, {});
    expect(await facts()).toMatchObject({ isPaused: true, waiting: 3 });
    await queue.resume();
    expect(await facts()).toMatchObject({ isPaused: false, waiting: 3 });
  });

  test("has nothing to say of a queue that was never used", async () => {
    expect(await facts()).toEqual({
      stage: "invoke",
      modelId: "small",
      ...{ isPaused: false, waiting: 0, prioritized: 0, active: 0, delayed: 0, dueDelayed: 0 },
      ...{ oldestAgeMs: 0, slots: 0, lately: { runs: 0, seconds: 0, tokens: 0 } },
    });
  });
});

describe("a queue at work", () => {
  test("counts what is in hand, or a busy queue without a backlog would read 0", async () => {
    const release = gate();
    working(() => release.passed);
    await addMany(1, {});
    await waitFor(async () => (await facts()).active === 1);
    expect(await facts()).toMatchObject({ waiting: 0, prioritized: 0, active: 1 });
    release.open();
    await waitFor(async () => (await facts()).active === 0);
  });

  test("counts jobs that failed and wait for their next try as delayed, and not as due", async () => {
    working(() => Promise.reject(new Error("fails")));
    await addMany(4, { attempts: 2, backoff: 60_000 });
    await waitFor(async () => (await facts()).delayed === 4);
    expect(await facts()).toMatchObject({ delayed: 4, dueDelayed: 0, waiting: 0, active: 0, oldestAgeMs: 0 });
  });

  test("counts jobs that a run has put off likewise", async () => {
    working(async (job: never, token?: string) => {
      await (job as { moveToDelayed: (at: number, token?: string) => Promise<void> }).moveToDelayed(
        Date.now() + 60_000,
        token,
      );
      throw new DelayedError();
    });
    await addMany(4, { priority: 3 });
    await waitFor(async () => (await facts()).delayed === 4);
    expect(await facts()).toMatchObject({ dueDelayed: 0, prioritized: 0 });
  });
});

describe("the age of the oldest", () => {
  const HOUR_MS = 3_600_000;

  test("is that of a job whose turn is not yet, behind younger ones of others", async () => {
    const summon = (tenant: string, priority: "high" | "low") =>
      queues.summoner.summon("invoke", {
        ...{ version: 1, jobId: newJobId(), generation: 1, modelId: "small", tenant, priority },
      });
    await summon("a", "high");
    await summon("patient", "low");
    const [, oldest] = await queue.getJobs(["prioritized"], 0, 1, true);
    await queues.redis.hset(queue.toKey(oldest?.id as string), "timestamp", Date.now() - HOUR_MS);
    for (let round = 0; round < 3; round += 1) {
      await Promise.all(["a", "b", "c"].map((tenant) => summon(tenant, "high")));
      await summon("patient", "low");
    }
    const [first] = await queue.getJobs(["prioritized"], 0, 0, true);
    expect(first?.id).not.toBe(oldest?.id);
    await expectAge(HOUR_MS);
  });

  test("leaves out a delay that was asked for, and counts from when it had passed", async () => {
    const timestamp = Date.now() - 2 * HOUR_MS;
    const job = await queue.add("x", {}, { delay: HOUR_MS, timestamp, priority: 2 });
    expect(await facts()).toMatchObject({ dueDelayed: 1, prioritized: 0 });
    await expectAge(HOUR_MS);
    await job.promote();
    expect(await facts()).toMatchObject({ dueDelayed: 0, prioritized: 1 });
    await expectAge(HOUR_MS);
  });

  async function expectAge(ageMs: number): Promise<void> {
    const { oldestAgeMs } = await facts();
    expect(oldestAgeMs).toBeGreaterThanOrEqual(ageMs - 1);
    expect(oldestAgeMs).toBeLessThan(ageMs + 60_000);
  }
});
