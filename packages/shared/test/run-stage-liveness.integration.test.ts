import { type RunningRedis, startRedis, waitFor, watchLeaks } from "@switchyard/testkit";
import { Worker } from "bullmq";
import { afterAll, afterEach, beforeEach, expect, test, vi } from "vitest";
import { later, type StageRunner } from "../src/queues/index.ts";
import { StageWorker } from "../src/queues/stage-worker.ts";
import { gate, runClassify, summons, type TestQueues, usingQueues } from "./queue-support.ts";

afterAll(watchLeaks());

/** Short, for the test; an idle worker blocks for longer, so none here may be left idle while it is watched. */
const QUIET_MS = 1_000;
/** The limit, what Redis must answer beyond it, and as much again. */
const LONG_MS = 2 * QUIET_MS;

let server: RunningRedis;
let queues: TestQueues;

beforeEach(async () => {
  server = await startRedis();
  queues = await usingQueues({ url: server.url });
});
afterEach(async () => {
  await queues[Symbol.asyncDispose]();
  await server.stop();
});

/** Every answer of the check within that time, as often as a hasty probe would ask. */
async function problemsDuring(timeMs: number, runner: StageRunner): Promise<string[]> {
  const endMs = performance.now() + timeMs;
  const found = new Set<string>();
  await waitFor(
    () => {
      const problem = runner.problem();
      if (problem !== null) found.add(problem);
      return performance.now() > endMs;
    },
    { timeoutMs: 2 * timeMs },
  );
  return [...found];
}

test("a run loop that stops asking is a problem, and none once it asks again", async () => {
  const wedged = gate();
  const prototype = Worker.prototype as unknown as { moveToActive: () => Promise<unknown> };
  const original = prototype.moveToActive;
  const wedge = vi.spyOn(prototype, "moveToActive").mockImplementation(async function (
    this: Worker,
    ...args
  ) {
    await wedged.passed;
    return original.apply(this, args);
  });
  const handled = gate();
  const runner = runClassify(queues, {
    quietMs: QUIET_MS,
    async handler() {
      handled.open();
      return null;
    },
  });
  try {
    await queues.summoner.summon("classify", summons());
    const problem = await waitFor(() => runner.problem());
    expect(problem).toMatch(/^no fetch from classify for [1-9]\d* s$/);
    wedged.open();
    await handled.passed;
    expect(runner.problem()).toBeNull();
  } finally {
    wedged.open();
    await runner.drain(0);
    wedge.mockRestore();
  }
});

test.each([
  ["gone", () => server.kill("SIGKILL"), () => server.restart()],
  ["hanging", () => server.kill("SIGSTOP"), () => server.kill("SIGCONT")],
] as const)("a Redis that is %s is no problem of the run loop", async (_, leave, comeBack) => {
  const handled = gate();
  const runner = runClassify(queues, {
    quietMs: QUIET_MS,
    async handler() {
      handled.open();
      return null;
    },
  });
  await leave();
  try {
    expect(await problemsDuring(LONG_MS, runner)).toEqual([]);
  } finally {
    await comeBack();
  }
  const message = summons();
  await waitFor(() => queues.summoner.summon("classify", message).then(() => true));
  await handled.passed;
  expect(runner.problem()).toBeNull();
  await runner.drain(0);
});

test.each([
  ["gone", () => server.kill("SIGKILL"), () => server.restart()],
  ["hanging", () => server.kill("SIGSTOP"), () => server.kill("SIGCONT")],
] as const)(
  "a run that cannot put its queue job back while Redis is %s is no problem",
  async (_, leave, comeBack) => {
    const [started, away] = [gate(), gate()];
    let runs = 0;
    const runner = runClassify(queues, {
      ...{ quietMs: QUIET_MS, runMs: 100 },
      async handler() {
        runs += 1;
        started.open();
        await away.passed;
        if (runs === 1) throw later("not yet", 1);
        return null;
      },
    });
    await queues.summoner.summon("classify", summons());
    await started.passed;
    await leave();
    away.open();
    try {
      expect(await problemsDuring(LONG_MS, runner)).toEqual([]);
    } finally {
      await comeBack();
    }
    // What is gone took the queue job with it.
    const message = summons();
    await waitFor(() => queues.summoner.summon("classify", message).then(() => true));
    await waitFor(() => runs > 1);
    expect(runner.problem()).toBeNull();
    await runner.drain(0);
  },
);

test("slots that are all taken by long runs are no problem, however long they take", async () => {
  const [started, finish] = [gate(), gate()];
  const runner = runClassify(queues, {
    quietMs: QUIET_MS,
    concurrency: 1,
    async handler() {
      started.open();
      await finish.passed;
      return null;
    },
  });
  await queues.summoner.summon("classify", summons());
  await started.passed;
  expect(await problemsDuring(LONG_MS, runner)).toEqual([]);
  finish.open();
  await runner.drain(0);
});

test("a run that does not heed its abort is a problem: its slot is lost", async () => {
  const [started, finish] = [gate(), gate()];
  const runner = runClassify(queues, {
    quietMs: QUIET_MS,
    runMs: 100,
    concurrency: 1,
    async handler() {
      started.open();
      await finish.passed;
      return null;
    },
  });
  await queues.summoner.summon("classify", summons());
  await started.passed;
  await waitFor(() => runner.problem()?.startsWith("a run of classify has not ended") === true);
  finish.open();
  await waitFor(() => runner.problem() === null);
  await runner.drain(0);
});

test("a stage so busy that each run brings along the next is no problem", async () => {
  const runner = runClassify(queues, {
    quietMs: QUIET_MS,
    concurrency: 1,
    async handler() {
      // Those of the last runs may come after the connection has gone.
      queues.summoner.summon("classify", summons()).catch(() => {});
      return null;
    },
  });
  // As many as keep one waiting at the end of every run.
  await Promise.all(Array.from({ length: 50 }, () => queues.summoner.summon("classify", summons())));
  expect(await problemsDuring(LONG_MS, runner)).toEqual([]);
  await runner.drain(0);
});

test("a loop with nothing to do goes on asking, also beside a run that takes long", async () => {
  const [started, finish] = [gate(), gate()];
  const worker = new StageWorker(
    "classify",
    async () => {
      started.open();
      await finish.passed;
    },
    { connection: queues.connect("worker"), prefix: queues.prefix, concurrency: 2 },
  );
  await queues.summoner.summon("classify", summons());
  await started.passed;
  const asked = new Set<number>();
  // Well apart from each other, so that one of them came after a wait for queue jobs that ran out.
  await waitFor(
    () => {
      asked.add(worker.lastAskedAtMs);
      return Math.max(...asked) - Math.min(...asked) > 4_000;
    },
    { timeoutMs: 12_000 },
  );
  finish.open();
  await worker.close();
});
