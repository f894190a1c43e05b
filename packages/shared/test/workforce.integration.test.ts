import { waitFor, watchLeaks } from "@switchyard/testkit";
import { afterAll, beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { openQueueReader, type QueueFacts } from "../src/queues/index.ts";
import { openWorkforceReports } from "../src/queues/workforce.ts";
import { gate, runClassify, summons, type TestQueues, toInvoke, usingQueues } from "./queue-support.ts";

afterAll(watchLeaks());

let queues: TestQueues;
beforeEach(async () => {
  queues = await usingQueues();
  return () => queues[Symbol.asyncDispose]();
});

async function facts(): Promise<QueueFacts> {
  const read = openQueueReader(queues.redis, queues.prefix);
  return (await read([{ stage: "classify" }], 0)).queues[0] as QueueFacts;
}

const base = () => `${queues.prefix}:classify`;

test("the slots of all workers of a queue are counted, and those of one that leaves at once no more", async () => {
  const handler = toInvoke;
  const staying = runClassify(queues, { handler, concurrency: 5 });
  const leaving = runClassify(queues, { handler, concurrency: 3 });
  await waitFor(async () => (await facts()).slots === 8);
  await leaving.drain(0);
  await waitFor(async () => (await facts()).slots === 5);
  await staying.drain(0);
  await waitFor(async () => (await facts()).slots === 0);
});

test("a worker that says nothing any more is forgotten, however it ended", async () => {
  const reports = openWorkforceReports(queues.redis, base(), 4);
  await waitFor(async () => (await facts()).slots === 4);
  const [member] = await queues.redis.zrange(`${base()}:slots`, "0", "0");
  await queues.redis.zadd(`${base()}:slots`, String(Date.now() - 1), member as string);
  expect((await facts()).slots).toBe(0);
  reports.stop();
});

test("what runs took is told by those that ran, and stays without a worker", async () => {
  const reports = openWorkforceReports(queues.redis, base(), 1);
  await waitFor(async () => (await facts()).slots === 1);
  reports.ran(2);
  reports.ran(4);
  reports.used(300);
  reports.stop();
  await waitFor(async () => (await facts()).lately.runs > 0);
  expect(await facts()).toMatchObject({ slots: 0, lately: { runs: 2, seconds: 6, tokens: 300 } });
});

test("what a run has paid for counts, though a report is made before the run has ended", async () => {
  vi.useFakeTimers({ toFake: ["setInterval"] });
  onTestFinished(() => void vi.useRealTimers());
  const reports = openWorkforceReports(queues.redis, base(), 1);
  await waitFor(async () => (await facts()).slots === 1);
  reports.used(300);
  vi.advanceTimersByTime(5_000);
  await waitFor(async () => (await facts()).lately.tokens > 0);
  reports.ran(2);
  reports.stop();
  await waitFor(async () => (await facts()).lately.runs > 0);
  const { lately } = await facts();
  expect(lately).toMatchObject({ runs: 1, seconds: 2 });
  // Half of it would be forgotten after ten minutes.
  expect(lately.tokens).toBeGreaterThan(150);
});

test("the past counts half after ten minutes", async () => {
  const minutesAgo = Date.now() - 600_000;
  await queues.redis.hset(`${base()}:tempo`, { runs: 8, seconds: 40, tokens: 100, at: minutesAgo });
  const reports = openWorkforceReports(queues.redis, base(), 1);
  reports.ran(1);
  reports.stop();
  await waitFor(async () => (await facts()).lately.runs < 8);
  const { runs, seconds } = (await facts()).lately;
  expect(runs).toBeCloseTo(5, 1);
  expect(seconds).toBeCloseTo(21, 0);
});

test("a run of a stage without limits counts for as long as it kept its slot", async () => {
  const release = gate();
  const runner = runClassify(queues, {
    async handler(message) {
      await release.passed;
      return toInvoke(message);
    },
  });
  await queues.summoner.summon("classify", summons());
  await waitFor(async () => (await facts()).active === 1);
  release.open();
  await waitFor(async () => (await facts()).active === 0);
  await runner.drain(0);
  await waitFor(async () => (await facts()).lately.runs === 1);
  expect((await facts()).lately.seconds).toBeGreaterThan(0);
});
