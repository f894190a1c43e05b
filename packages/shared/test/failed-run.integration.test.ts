import { waitFor, watchLeaks } from "@switchyard/testkit";
import { afterAll, describe, expect, test } from "vitest";
import type { ClassifyMessage, InvokeMessage } from "../src/contracts/index.ts";
import { SwitchyardError } from "../src/errors/index.ts";
import { later } from "../src/queues/index.ts";
import {
  countsOf,
  EMPTY,
  isEmpty,
  stageForEachTest,
  summons,
  toInvoke,
  waitingLists,
} from "./queue-support.ts";

afterAll(watchLeaks());

const bed = stageForEachTest();
const { running, classify, invoke, settle } = bed;

describe("a run that fails", () => {
  test("for now waits as long as it was told, and that is not an attempt", async () => {
    let runs = 0;
    running({
      async handler(message) {
        runs += 1;
        if (runs === 1) throw later("not yet", 3_600_000);
        return toInvoke(message);
      },
    });
    const startMs = Date.now();
    await bed.queues.summoner.summon("classify", summons());
    const job = await waitFor(async () => (await classify().getDelayed())[0]);
    const dueMs = job.timestamp + job.delay;
    expect(Math.abs(dueMs - startMs - 3_600_000)).toBeLessThan(10_000);
    expect(job.attemptsMade).toBe(0);
    await job.promote();
    await waitFor(() => isEmpty(classify()));
    expect(runs).toBe(2);
  });

  test("for now may do so any number of times", async () => {
    let runs = 0;
    running({
      async handler(message) {
        runs += 1;
        if (runs <= 60) throw later("not yet", 1);
        return toInvoke(message);
      },
    });
    await bed.queues.summoner.summon("classify", summons());
    await waitFor(() => isEmpty(classify()));
    expect(runs).toBe(61);
  });

  test("for now without a time is repeated after a pause of at most a minute", async () => {
    running({
      async handler() {
        throw new SwitchyardError("LEDGER_UNAVAILABLE", "away");
      },
    });
    await bed.queues.summoner.summon("classify", summons());
    const job = await waitFor(async () => (await classify().getJobs(["delayed"]))[0]);
    expect(job.delay).toBeLessThanOrEqual(60_000);
    expect(job.attemptsMade).toBe(0);
  });

  test.each([
    ["refused", new SwitchyardError("COST_LIMIT_EXCEEDED", "too dear"), "COST_LIMIT_EXCEEDED"],
    ["unrecognised", new TypeError("x is not a function"), "INTERNAL_FAULT"],
  ])("for good (%s) is written off, summons settle, and leaves the queue", async (_, thrown, code) => {
    const writtenOff: [ClassifyMessage, SwitchyardError][] = [];
    running({
      async handler() {
        throw thrown;
      },
      async onDeadLetter(message, error) {
        writtenOff.push([message, error]);
        return { version: 1, jobId: message.jobId, generation: message.generation };
      },
    });
    const message = summons();
    await bed.queues.summoner.summon("classify", message);
    await waitFor(() => isEmpty(classify()));
    expect(writtenOff).toEqual([[message, expect.objectContaining({ code })]]);
    expect(await waitingLists(settle())).toEqual([[message]]);
  });

  test("for good while the row cannot be written is not lost: it comes again", async () => {
    let tries = 0;
    running({
      async handler() {
        throw new SwitchyardError("ROUTE_MISSING", "nobody");
      },
      async onDeadLetter({ version, jobId, generation }) {
        tries += 1;
        if (tries === 1) throw new SwitchyardError("LEDGER_UNAVAILABLE", "away");
        return { version, jobId, generation };
      },
    });
    const message = summons();
    await bed.queues.summoner.summon("classify", message);
    const job = await waitFor(async () => (await classify().getDelayed())[0]);
    expect(await countsOf(settle())).toEqual(EMPTY);
    await job.promote();
    await waitFor(() => isEmpty(classify()));
    expect(await waitingLists(settle())).toEqual([[message]]);
  });

  test("in a list goes back alone; the others are done", async () => {
    const messages = Array.from({ length: 4 }, () => summons());
    const unlucky = messages[2];
    running({
      async handler(message) {
        if (message.jobId === unlucky?.jobId) throw later("not yet", 3_600_000);
        return toInvoke(message);
      },
    });
    await classify().add("classify", { version: 1, items: messages, at: 0 }, { jobId: "c-list" });
    const job = await waitFor(async () => (await classify().getDelayed())[0]);
    await waitFor(async () => (await countsOf(classify())).active === 0);
    expect(await countsOf(classify())).toEqual({ ...EMPTY, delayed: 1 });
    expect(job.data.items).toEqual([unlucky]);
    const invoked = await waitingLists(invoke());
    expect(new Set(invoked.map(([message]) => (message as InvokeMessage).jobId))).toEqual(
      new Set(messages.filter((message) => message !== unlucky).map(({ jobId }) => jobId)),
    );
  });
});
