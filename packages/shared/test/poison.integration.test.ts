import { startProcess, waitFor, watchLeaks } from "@switchyard/testkit";
import { afterAll, expect, test } from "vitest";
import { later } from "../src/queues/index.ts";
import { isEmpty, stageForEachTest, summons } from "./queue-support.ts";

afterAll(watchLeaks());

const bed = stageForEachTest();
const { running, classify, invoke } = bed;

/** Starts the worker again whenever it has died, until the queue is empty. */
async function untilEmpty(stage: "classify" | "invoke", poison: string) {
  const { url, prefix, redis } = bed.queues;
  const queue = stage === "classify" ? classify() : invoke();
  for (;;) {
    const worker = startProcess({
      name: "mortal stage",
      entry: new URL("./__fixtures__/mortal-stage.ts", import.meta.url),
      args: [url, prefix, stage, poison],
    });
    const emptied = waitFor(() => isEmpty(queue), { timeoutMs: 60_000 }).then(() => "empty");
    const end = await Promise.race([emptied, worker.exited.then(({ signal }) => signal)]);
    await worker.stop();
    if (end === "empty") break;
    expect(end).toBe("SIGKILL");
  }
  const read = (what: string) => redis.lrange(`${prefix}:${what}`, 0, -1);
  const starts = (await read("starts")).filter((jobId) => jobId === poison).length;
  return { starts, done: await read("done"), givenUp: await read("given-up") };
}

test("a job that kills its worker ends after a bounded number of starts, and takes none of its list along", async () => {
  const messages = Array.from({ length: 8 }, () => summons());
  const [poison = "", ...others] = messages.map(({ jobId }) => jobId);
  const items = [...messages.slice(1, 5), messages[0], ...messages.slice(5)];
  await classify().add("classify", { version: 1, items, at: 0 }, { jobId: "c-list" });
  const { starts, done, givenUp } = await untilEmpty("classify", poison);
  expect(givenUp).toEqual([`${poison} JOB_POISONED`]);
  expect(new Set(done)).toEqual(new Set(others));
  expect(starts).toBeLessThanOrEqual(7);
}, 120_000);

test("a call that kills its worker before it is claimed ends as well; those beside it are done", async () => {
  const messages = Array.from({ length: 6 }, () => ({ ...summons(), modelId: "sim-small" }));
  const [poison = "", ...others] = messages.map(({ jobId }) => jobId);
  for (const message of messages) await bed.queues.summoner.summon("invoke", message);
  const { starts, done, givenUp } = await untilEmpty("invoke", poison);
  expect(givenUp).toEqual([`${poison} JOB_POISONED`]);
  expect(new Set(done)).toEqual(new Set(others));
  expect(starts).toBe(5);
}, 120_000);

test("a suspect that ends its runs with a word is not given up, however often it comes back", async () => {
  let runs = 0;
  await classify().pause();
  await bed.queues.summoner.summon("classify", summons());
  const [job] = await classify().getJobs(["waiting", "prioritized"]);
  await bed.queues.redis.hset(classify().toKey(job?.id ?? ""), "stc", 5);
  await classify().resume();
  const givenUp: string[] = [];
  running({
    async handler() {
      runs += 1;
      if (runs <= 10) throw later("not yet", 1);
      return null;
    },
    async onDeadLetter(_, { code }) {
      givenUp.push(code);
      return null;
    },
  });
  await waitFor(async () => runs > 10 && (await isEmpty(classify())));
  expect(runs).toBe(11);
  expect(givenUp).toEqual([]);
});
