import { waitFor, watchLeaks } from "@switchyard/testkit";
import { Worker } from "bullmq";
import { afterAll, expect, test } from "vitest";
import { SwitchyardError } from "../src/errors/index.ts";
import { openAdmission } from "../src/queues/index.ts";
import { aCall, aModel } from "./admission-support.ts";
import { countsOf, EMPTY, gate, isEmpty, stageForEachTest, summons } from "./queue-support.ts";

afterAll(watchLeaks());

const bed = stageForEachTest();
const { running, classify } = bed;

function noRoom(retryAfterMs: number) {
  return new SwitchyardError("LIMIT_REACHED", "no room", { retryAfterMs });
}

/** Each in a queue job of its own, in this order. */
async function summonEach(count: number) {
  const messages = Array.from({ length: count }, () => summons());
  for (const message of messages) await bed.queues.summoner.summon("classify", message, {});
  return messages.map(({ jobId }) => jobId);
}

test("a run that the limits refuse keeps its place: what is large is not passed by what is small", async () => {
  const order: string[] = [];
  let refusals = 0;
  const jobIds = await summonEach(10);
  running({
    concurrency: 1,
    async handler({ jobId }, { admitted }) {
      if (jobId === jobIds[0] && refusals < 3) {
        refusals += 1;
        throw noRoom(20);
      }
      admitted?.();
      order.push(jobId);
      return null;
    },
  });
  await waitFor(() => isEmpty(classify()));
  expect(refusals).toBe(3);
  expect(order).toEqual(jobIds);
});

test("a refused run is asked again when there is room, also while others are in hand for long", async () => {
  const finish = gate();
  const done: string[] = [];
  let hasRoom = true;
  const jobIds = await summonEach(3);
  running({
    concurrency: 8,
    async handler({ jobId }, { admitted }) {
      if (jobId !== jobIds[0] && hasRoom) {
        hasRoom = jobId === jobIds[1];
        throw noRoom(50);
      }
      admitted?.();
      done.push(jobId);
      if (jobId === jobIds[0]) await finish.passed;
      return null;
    },
  });
  await waitFor(() => done.length === 3);
  expect(await countsOf(classify())).toMatchObject({ active: 1 });
  finish.open();
  await waitFor(() => isEmpty(classify()));
});

test("a run that is alone in its queue is asked again as soon as there is room", async () => {
  async function lookAround() {
    // Meanwhile the loop finds no other, and waits to be told of one.
    for (let round = 0; round < 50; round += 1) await bed.queues.redis.ping();
  }
  async function refusedOnce() {
    let runs = 0;
    const runner = running({
      concurrency: 4,
      async handler() {
        runs += 1;
        await lookAround();
        if (runs === 1) throw noRoom(20);
        return null;
      },
    });
    await summonEach(1);
    await waitFor(async () => runs === 2 && (await isEmpty(classify())), { timeoutMs: 30_000 });
    await runner.drain(1_000);
  }
  const startedAtMs = performance.now();
  for (let round = 0; round < 6; round += 1) await refusedOnce();
  // A loop that is told of nothing looks again after five seconds: half a minute for all.
  expect(performance.now() - startedAtMs).toBeLessThan(20_000);
}, 60_000);

test("while there is no room nothing is fetched, and that is no problem of the run loop", async () => {
  let runs = 0;
  await summonEach(20);
  const runner = running({
    concurrency: 4,
    async handler() {
      runs += 1;
      throw noRoom(60_000);
    },
  });
  await waitFor(async () => runs > 0 && (await countsOf(classify())).active === 0);
  expect(runs).toBeLessThanOrEqual(4);
  expect(runner.problem()).toBeNull();
  expect(await countsOf(classify())).toEqual({ ...EMPTY, waiting: 20 });
});

test("runs refused before do not make a later failure wait longer", async () => {
  let runs = 0;
  await summonEach(1);
  running({
    async handler() {
      runs += 1;
      if (runs <= 12) throw noRoom(1);
      throw new SwitchyardError("PROVIDER_THROTTLED", "slow down", { retryAfterMs: 0 });
    },
  });
  const job = await waitFor(async () => (await classify().getDelayed())[0]);
  // The second look would wait for two seconds; the thirteenth for a minute.
  expect(job.delay).toBeLessThanOrEqual(1_100);
  expect(job.data.failures).toBe(1);
});

test("many processes under one limit ask less than three times for each call admitted", async () => {
  // A burst of 30, then one every 26 ms.
  const scopes = [aModel({ requestsPerMinute: 2_400 })];
  let [asked, done] = [0, 0];
  await summonEach(300);
  const workers = Array.from({ length: 8 }, () => {
    const admission = openAdmission(bed.queues.redis, bed.queues.prefix);
    return running({
      concurrency: 4,
      async handler(_message, { admitted }) {
        asked += 1;
        const answer = await admission.admit(aCall(scopes));
        if (!answer.admitted) throw noRoom(answer.retryAfterMs);
        admitted?.();
        done += 1;
        return null;
      },
    });
  });
  await waitFor(() => isEmpty(classify()), { timeoutMs: 30_000 });
  expect(done).toBe(300);
  expect(asked).toBeLessThan(3 * 300);
  expect(workers.map((worker) => worker.problem()).filter((problem) => problem !== null)).toEqual([]);
});

test("many short brakes do not keep the queue jobs of a dead worker from being found", async () => {
  await summonEach(1);
  const dead = new Worker("classify", null, {
    connection: bed.queues.connect("worker"),
    prefix: bed.queues.prefix,
    lockDuration: 500,
  });
  const lost = (await dead.getNextJob("dead"))?.id as string;
  await dead.close(true);
  await summonEach(1);
  running({
    lockMs: 1_000,
    async handler() {
      throw noRoom(5);
    },
  });
  expect(await classify().getJobState(lost)).toBe("active");
  await waitFor(async () => (await classify().getJobState(lost)) === "waiting");
});
