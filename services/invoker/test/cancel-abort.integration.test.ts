import { type JobRow, verdictOf } from "@switchyard/shared/ledger";
import { watchLeaks } from "@switchyard/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createCancelWatch } from "../src/cancel-watch.ts";
import { usingWorld, type World } from "./support.ts";

afterAll(watchLeaks());

let world: World;

beforeAll(async () => {
  world = await usingWorld();
});
afterAll(() => world[Symbol.asyncDispose]());

async function cancel({ jobId }: JobRow): Promise<void> {
  const seen = (await world.ledger.jobs.read(jobId)) as JobRow;
  expect(await world.ledger.jobs.cancel(seen)).not.toBeNull();
}

const inFlight = () => world.simulator.inFlight().now;

test("a call of a job that is being cancelled is aborted, and at risk for its bound at once", async () => {
  const job = await world.job();
  const running = world.run(job, { providerModel: "fault-hang" });
  await expect.poll(inFlight).toBe(1);
  await cancel(job);
  world.cancels.onCancel(job.jobId);
  expect(await running).toEqual({ version: 1, jobId: job.jobId, generation: 1, withdrawn: 1 });
  await expect.poll(inFlight).toBe(0);
  const view = await world.view(job);
  expect(view.attempts).toMatchObject([{ state: "unknown", error: { code: "PROVIDER_OUTCOME_UNKNOWN" } }]);
  expect(view.attempts[0]?.maxCostPicoUsd).toBeGreaterThan(0n);
  expect(verdictOf(view, Date.now())).toEqual({ end: "cancelled" });
});

test("a word of a cancel that the row does not bear out aborts nothing", async () => {
  const job = await world.job();
  const running = world.run(job, { providerModel: "fault-hang", timeoutMs: 400 });
  running.catch(() => {});
  await expect.poll(inFlight).toBe(1);
  world.cancels.onCancel(job.jobId);
  await expect(running).rejects.toMatchObject({ message: "the deadline of the call passed" });
});

test("a call that was aborted before it was sent is void, and its job goes on to its end", async () => {
  const job = await world.job();
  // A connection that never gets ready: the word comes while nothing has left.
  const client = {
    ...world.client,
    async complete(request: Parameters<typeof world.client.complete>[0]) {
      await cancel(job);
      world.cancels.onCancel(job.jobId);
      await expect.poll(() => request.signal.aborted).toBe(true);
      return world.client.complete(request);
    },
  };
  expect(await world.run(job, { client })).toMatchObject({ withdrawn: 1 });
  expect((await world.view(job)).attempts).toMatchObject([
    { state: "void", error: { message: "the job was cancelled before the call was sent" } },
  ]);
  expect(world.billed(job)).toEqual([]);
});

test("an answer that is whole before the word comes is paid for, and booked", async () => {
  const job = await world.job();
  const client = {
    ...world.client,
    async complete(request: Parameters<typeof world.client.complete>[0]) {
      const outcome = await world.client.complete(request);
      await cancel(job);
      world.cancels.onCancel(job.jobId);
      await expect.poll(() => request.signal.aborted).toBe(true);
      return outcome;
    },
  };
  expect(await world.run(job, { client })).toMatchObject({ attempt: { n: 1 } });
  const view = await world.view(job);
  expect(view.attempts).toMatchObject([{ state: "settled" }]);
  expect(view.attempts[0]?.costPicoUsd?.toString()).toBe(world.billed(job)[0]?.costPicoUsd);
  expect(verdictOf(view, Date.now())).toEqual({ end: "cancelled" });
});

test("a watch that has ended hears nothing more, and a run that was aborted aborts its call", async () => {
  const job = await world.job();
  await cancel(job);
  const cancels = createCancelWatch(world.ledger);
  const [ended, other] = [1, 2].map(() => cancels.watch(job.jobId, new AbortController().signal));
  ended?.end();
  cancels.onCancel(job.jobId);
  await expect.poll(() => other?.isCancelled).toBe(true);
  expect(ended?.isCancelled).toBe(false);
  expect(cancels.watch(job.jobId, AbortSignal.abort())).toMatchObject({ isCancelled: false });
  expect(cancels.watch(job.jobId, AbortSignal.abort()).signal.aborted).toBe(true);
});
