import type { JobRow } from "@switchyard/shared/ledger";
import { watchLeaks } from "@switchyard/testkit";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { COST, STALE_MS, START, USAGE, usingWorld, type World } from "./support.ts";

afterAll(watchLeaks());

let world: World;
const LOST = { code: "PROVIDER_OUTCOME_UNKNOWN", message: "no answer" };

beforeAll(async () => {
  world = await usingWorld();
});
afterAll(() => world[Symbol.asyncDispose]());
beforeEach(() => {
  world.clock.now = START;
  world.summoned.length = 0;
});

/** A job of the second generation, whose first made a call that is settled or unknown, and failed. */
async function replayedJob(first: "paid" | "unknown"): Promise<JobRow> {
  const { job, attempt } = await world.calling();
  if (first === "paid") await world.answer(attempt, null);
  else await world.ledger.attempts.unknown(attempt, LOST);
  if (first === "unknown") await world.ledger.jobs.fail((await world.view(job)).job, LOST);
  await world.settle(job);
  const { job: failed } = await world.view(job);
  expect(failed.status).toBe("failed");
  world.clock.now += 60_000;
  const terms = { request: failed.request, deadlineAt: START + 3_600_000 };
  const attentionAt = world.clock.now + STALE_MS;
  return (await world.ledger.jobs.replay(failed, { ...terms, attentionAt })) as JobRow;
}

test("a summons of an old generation changes nothing of a replayed job", async () => {
  const job = await replayedJob("paid");
  const before = await world.view(job);
  for (const facts of [undefined, { n: 1, usage: USAGE, providerRequestId: "late" }]) {
    await world.settleOf(job, 1, facts);
    expect(await world.view(job)).toEqual(before);
  }
});

test("a replayed job ends with the cost of all its calls, and each is in the totals once", async () => {
  const job = await replayedJob("paid");
  await world.answer(await world.call(job));
  // Even of a job that is due to end, an old summons leaves the end to the new one.
  await world.settleOf(job, 1);
  expect((await world.view(job)).job.status).toBe("running");
  await world.settleOf(job, 2);
  await world.settleOf(job, 2);
  expect((await world.view(job)).job).toMatchObject({
    status: "succeeded",
    resultAttempt: 2,
    costPicoUsd: 2n * COST,
    counted: [1, 2],
  });
  expect(await world.totals(job.tenant)).toEqual({ calls: 2, costPicoUsd: 2n * COST });
});

test("what an old summons knows of its call is booked, and counted when the new generation ends", async () => {
  const job = await replayedJob("unknown");
  const before = await world.view(job);
  await world.settleOf(job, 1, { n: 1, usage: USAGE, providerRequestId: "late" });
  const booked = await world.view(job);
  expect(booked.job).toEqual(before.job);
  expect(booked.attempts).toMatchObject([{ state: "settled", costPicoUsd: COST }]);
  await world.answer(await world.call(job));
  await world.settleOf(job, 2);
  expect((await world.view(job)).job).toMatchObject({ status: "succeeded", costPicoUsd: 2n * COST });
  expect(await world.totals(job.tenant)).toEqual({ calls: 2, costPicoUsd: 2n * COST });
});

test("the sweeper summons a replayed job that nobody summoned, by its new generation", async () => {
  const job = await replayedJob("paid");
  world.clock.now += STALE_MS + 1;
  await world.sweep();
  const own = world.summoned.filter(({ message }) => message.jobId === job.jobId);
  expect(own).toMatchObject([{ stage: "classify", message: { generation: 2 } }]);
});
