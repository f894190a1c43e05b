import { waitFor, watchLeaks } from "@switchyard/testkit";
import { afterAll, expect, test } from "vitest";
import { later, type StageRunner } from "../src/queues/index.ts";
import { createMetrics } from "../src/telemetry/index.ts";
import { countsOf, EMPTY, gate, isEmpty, stageForEachTest, summons } from "./queue-support.ts";

afterAll(watchLeaks());

const bed = stageForEachTest();
const { running, classify } = bed;

/** More than the one that most systems bear before they call a job failed. */
const LOST_WORKERS = 3;

test("what a drain cuts off goes back to its queue, any number of times, and none of them was an attempt", async () => {
  const metrics = createMetrics("test");
  const givenUp: string[] = [];
  const onDeadLetter = async ({ jobId }: { jobId: string }) => {
    givenUp.push(jobId);
    return null;
  };
  await bed.queues.summoner.summon("classify", summons());
  for (let worker = 0; worker < 10; worker += 1) {
    const started = gate();
    const runner = running({
      ...{ metrics, onDeadLetter },
      async handler(_message, { signal }) {
        started.open();
        if (!signal.aborted) await new Promise((resolve) => signal.addEventListener("abort", resolve));
        throw later("withdrawn", 1);
      },
    });
    await started.passed;
    await runner.drain(0);
    const [job] = await classify().getJobs(["delayed", "waiting", "prioritized"]);
    expect(job?.data).not.toHaveProperty("failures");
  }
  let runs = 0;
  running({
    ...{ metrics, onDeadLetter },
    async handler() {
      runs += 1;
      return null;
    },
  });
  await waitFor(() => isEmpty(classify()));
  expect([runs, givenUp]).toEqual([1, []]);
  expect((await metrics.stalledJobs.get()).values).toMatchObject([{ value: 0 }]);
});

test("a job that lost its worker three times is run a fourth time, and each loss is counted", async () => {
  const metrics = createMetrics("test");
  const thawed = gate();
  const dead: { redis: ReturnType<typeof bed.queues.connect>; runner: StageRunner }[] = [];
  const jobIds: string[] = [];
  await bed.queues.summoner.summon("classify", summons());
  for (let worker = 0; worker < LOST_WORKERS; worker += 1) {
    const died = gate();
    const redis = bed.queues.connect("worker");
    const runner = running({
      ...{ metrics, redis, lockMs: 1_000, concurrency: 1 },
      async handler({ jobId }) {
        jobIds.push(jobId);
        // As a killed process: it never says another word to Redis.
        redis.disconnect();
        died.open();
        await thawed.passed;
        return null;
      },
    });
    dead.push({ redis, runner });
    await died.passed;
  }
  running({
    ...{ metrics, lockMs: 1_000 },
    async handler({ jobId }) {
      jobIds.push(jobId);
      return null;
    },
  });
  await waitFor(() => isEmpty(classify()), { timeoutMs: 20_000 });
  expect(jobIds).toHaveLength(LOST_WORKERS + 1);
  expect(new Set(jobIds).size).toBe(1);
  const { values } = await metrics.stalledJobs.get();
  expect(values).toMatchObject([{ labels: { stage: "classify", model: "none" }, value: LOST_WORKERS }]);
  await Promise.all(dead.map(({ redis }) => redis.connect()));
  thawed.open();
  await Promise.all(dead.map(({ runner }) => runner.drain(0)));
  expect(await countsOf(classify())).toEqual(EMPTY);
});

test("a worker says how many slots it has and how many are taken, and none once it drains", async () => {
  const metrics = createMetrics("test");
  const [started, finish] = [gate(), gate()];
  const slots = async () => {
    const [all, used] = await Promise.all([metrics.workerSlots.get(), metrics.workerSlotsUsed.get()]);
    return [all.values[0]?.value, used.values[0]?.value];
  };
  const runner = running({
    ...{ metrics, concurrency: 7 },
    async handler() {
      started.open();
      await finish.passed;
      return null;
    },
  });
  expect(await slots()).toEqual([7, 0]);
  await bed.queues.summoner.summon("classify", summons());
  await started.passed;
  expect(await slots()).toEqual([7, 1]);
  const drained = runner.drain(60_000);
  expect(await slots()).toEqual([0, 1]);
  finish.open();
  await drained;
  expect(await slots()).toEqual([0, 0]);
});
