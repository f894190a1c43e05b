import { waitFor, watchLeaks } from "@switchyard/testkit";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { SwitchyardError } from "../src/errors/index.ts";
import { later } from "../src/queues/index.ts";
import { createMetrics } from "../src/telemetry/index.ts";
import { countsOf, EMPTY, gate, isEmpty, stageForEachTest, summons, toInvoke } from "./queue-support.ts";

afterAll(watchLeaks());

const bed = stageForEachTest();
const { running, classify, invoke, settle } = bed;

describe("an envelope that is not ours", () => {
  let handled: string[];

  beforeEach(() => {
    handled = [];
    running({
      async handler(message) {
        handled.push(message.jobId);
        return null;
      },
    });
  });

  test.each([
    ["another version", { version: 2, items: [summons()], at: 0 }],
    ["no items", { version: 1, items: [], at: 0 }],
    ["items that are no list", { version: 1, items: "all", at: 0 }],
    ["a message of another version", { version: 1, items: [{ ...summons(), version: 9 }], at: 0 }],
    ["one bad message among good ones", { version: 1, items: [summons(), {}], at: 0 }],
    ["no envelope", "text"],
  ])("(%s) is refused and removed, and the stage goes on", async (_, data) => {
    const jobId = "i-broken";
    await classify().add("classify", data as object, { jobId, removeOnFail: true, attempts: 1_000 });
    const good = summons();
    await bed.queues.summoner.summon("classify", good);
    await waitFor(() => isEmpty(classify()));
    expect(handled).toEqual([good.jobId]);
  });

  test("because its hash was lost does not keep its id: the sweeper can summon the job again", async () => {
    await classify().pause();
    const message = summons();
    await bed.queues.summoner.summon("classify", message);
    const [job] = await classify().getJobs(["prioritized"]);
    await bed.queues.redis.del(classify().toKey(job?.id ?? ""));
    await classify().resume();
    await waitFor(async () => {
      await bed.queues.summoner.summon("classify", message);
      return handled.includes(message.jobId);
    });
    await waitFor(() => isEmpty(classify()));
  });
});

test("a summons that was asked for later has not waited until then", async () => {
  const metrics = createMetrics("test");
  await bed.queues.summoner.summon("classify", summons(), { delayMs: 3_600_000, suffix: "-t" });
  const [job] = await classify().getJobs(["delayed"]);
  // So much earlier than asked for that it has not waited at all.
  await job?.promote();
  running({ handler: async () => null, metrics });
  const observed = async (name: string) => {
    const { values } = await metrics.stageWaitSeconds.get();
    return values.find(({ metricName }) => metricName?.endsWith(name))?.value;
  };
  await waitFor(async () => (await observed("_count")) === 1);
  expect(await observed("_sum")).toBe(0);
});

describe("the end of a run", () => {
  test("a drain waits for what is in hand and takes nothing new", async () => {
    const [started, finish] = [gate(), gate()];
    const runner = running({
      concurrency: 1,
      async handler(message) {
        started.open();
        await finish.passed;
        return toInvoke(message);
      },
    });
    await bed.queues.summoner.summon("classify", summons());
    await started.passed;
    await bed.queues.summoner.summon("classify", summons());
    let isDrained = false;
    const drained = runner.drain(60_000).then(() => {
      isDrained = true;
    });
    for (let look = 0; look < 20; look += 1) await countsOf(classify());
    expect(isDrained).toBe(false);
    expect(runner.problem()).toBeNull();
    finish.open();
    await drained;
    expect(await countsOf(classify())).toEqual({ ...EMPTY, waiting: 1 });
    expect(await countsOf(invoke())).toEqual({ ...EMPTY, waiting: 1 });
  });

  test("a drain that runs out of time aborts the rest, which goes back to its queue", async () => {
    const started = gate();
    const runner = running({
      async handler(_message, { signal }) {
        started.open();
        await new Promise((resolve) => signal.addEventListener("abort", resolve));
        throw later("withdrawn", 60_000);
      },
    });
    await bed.queues.summoner.summon("classify", summons());
    await started.passed;
    const startMs = performance.now();
    // Two seconds of it are kept for writing down what is known.
    await runner.drain(2_200);
    expect(performance.now() - startMs).toBeLessThan(2_200);
    expect(await countsOf(classify())).toEqual({ ...EMPTY, delayed: 1 });
  });

  test("a lost lock cuts nothing that is in hand, and the run hands on what it has", async () => {
    let isAborted = false;
    let runs = 0;
    running({
      lockMs: 1_000,
      // No slot is free to take the queue job again, which would be another run.
      concurrency: 1,
      async handler({ jobId, generation }, { signal }) {
        runs += 1;
        if (runs > 1) return null;
        signal.addEventListener("abort", () => {
          isAborted = true;
        });
        const [job] = await classify().getActive();
        const lostAt = Date.now();
        await bed.queues.redis.del(`${classify().toKey(job?.id ?? "")}:lock`);
        // The loss has been noticed, and by then the lock would have been renewed three times.
        await waitFor(async () => (await classify().getWaitingCount()) === 1 && Date.now() > lostAt + 1_500);
        return { version: 1, jobId, generation, modelId: "sim-small" };
      },
    });
    await bed.queues.summoner.summon("classify", summons());
    await waitFor(async () => (await countsOf(invoke())).waiting === 1, { timeoutMs: 10_000 });
    expect(isAborted).toBe(false);
  });

  test("each run is counted with its outcome, and no label is a job", async () => {
    const metrics = createMetrics("test");
    running({
      metrics,
      async handler(message) {
        if (message.generation === 2) throw later("not yet", 3_600_000);
        if (message.generation === 3) throw new SwitchyardError("ROUTE_MISSING", "nobody");
        return null;
      },
    });
    const all = [1, 2, 3].map((generation) => summons({ generation }));
    for (const message of all) await bed.queues.summoner.summon("classify", message);
    await waitFor(
      async () => (await countsOf(classify())).delayed === 1 && (await countsOf(settle())).waiting === 1,
    );
    const text = await waitFor(async () => {
      const shown = await metrics.registry.metrics();
      const lines = shown
        .split("\n")
        .filter((line) => line.startsWith("switchyard_stage_run_seconds_count{"));
      const counts = lines.map((line) => `${/outcome="(\w+)"/.exec(line)?.[1]} ${line.split(" ").at(-1)}`);
      return counts.sort().join() === "dead_letter 1,done 1,retried 1" && shown;
    });
    for (const { jobId } of all) expect(text).not.toContain(jobId);
  });
});
