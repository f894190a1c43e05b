import { SwitchyardError } from "@switchyard/shared/errors";
import { watchLeaks } from "@switchyard/testkit";
import { afterAll, expect, test } from "vitest";
import { giveUpWith } from "../src/give-up.ts";
import { COST, usingWorld, type World } from "./support.ts";

afterAll(watchLeaks());

const POISONED = new SwitchyardError("JOB_POISONED", "5 runs or more ended without a word");

function giveUp(world: World, { jobId }: { jobId: string }, error = POISONED) {
  const { ledger, metrics, events, clock } = world;
  const publisher = { publish: (event: (typeof events)[number]) => void events.push(event) };
  const up = giveUpWith({
    ledger,
    chargeBudgets: async () => {},
    metrics,
    events: publisher,
    now: () => clock.now,
  });
  return up({ version: 1, jobId, generation: 1 }, error);
}

test("a job that kills whoever settles it ends as failed, with its cost on it", async () => {
  await using world = await usingWorld();
  const { attempt } = await world.calling();
  await world.answer(attempt);
  expect(await giveUp(world, attempt)).toBeNull();
  const { job } = await world.view(attempt);
  expect(job).toMatchObject({
    status: "failed",
    failure: { code: "JOB_POISONED", message: POISONED.message },
    costPicoUsd: COST,
  });
  expect(world.events).toMatchObject([{ jobId: job.jobId, status: "failed" }]);
  // Once more changes nothing.
  expect(await giveUp(world, attempt)).toBeNull();
  expect((await world.view(attempt)).job).toEqual(job);
});

test("what it cost comes into the totals by a later settle that survives it, once", async () => {
  await using world = await usingWorld();
  const { job, attempt } = await world.calling();
  await world.answer(attempt);
  await giveUp(world, attempt);
  expect(await world.totals(job.tenant)).toEqual({ calls: 0, costPicoUsd: 0n });
  world.clock.now += 3_600_001;
  await world.sweep();
  expect(world.summoned).toMatchObject([{ stage: "settle", message: { jobId: job.jobId } }]);
  await world.settle(job);
  await world.settle(job);
  expect(await world.totals(job.tenant)).toEqual({ calls: 1, costPicoUsd: COST });
  expect((await world.view(job)).job.status).toBe("failed");
});

test("nothing ends while a call may be on the wire", async () => {
  await using world = await usingWorld();
  const { attempt } = await world.calling();
  await expect(giveUp(world, attempt)).rejects.toMatchObject({ code: "ROW_CONFLICT" });
  expect((await world.view(attempt)).job.status).toBe("running");
});

test("any other reason goes on the row, and settle is asked once more", async () => {
  await using world = await usingWorld();
  const job = await world.job();
  const error = new SwitchyardError("INTERNAL_FAULT", "a bug");
  expect(await giveUp(world, job, error)).toEqual({ version: 1, jobId: job.jobId, generation: 1 });
  expect((await world.view(job)).job).toMatchObject({
    status: "queued",
    failure: { code: "INTERNAL_FAULT" },
  });
});
