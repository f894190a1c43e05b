import { watchLeaks } from "@switchyard/testkit";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { sweepOnce } from "../src/sweep.ts";
import { COST, STALE_MS, USAGE, usingWorld, type World } from "./support.ts";

afterAll(watchLeaks());

let world: World;
const ERROR = { code: "PROVIDER_REFUSED", message: "no" };

beforeEach(async () => {
  world = await usingWorld();
  return () => world[Symbol.asyncDispose]();
});

/** What the sweeper summons when the clock has moved by so much. */
async function sweptAfter(ms: number): Promise<unknown[]> {
  world.clock.now += ms;
  world.summoned.length = 0;
  await world.sweep();
  return world.summoned.map(({ stage, message }) => ({ stage, ...message }));
}

describe("the sweeper", () => {
  test("ends a job whose model left the catalogue on its way", async () => {
    const job = await world.job();
    const decision = (await world.ledger.jobs.read((await world.calling()).job.jobId))?.decision;
    if (decision === undefined) throw new Error("a job that is called for has a decision");
    await world.ledger.jobs.classified(job, decision, { modelId: "gone-1" });
    expect(await sweptAfter(STALE_MS)).toContainEqual({
      stage: "settle",
      version: 1,
      jobId: job.jobId,
      generation: 1,
    });
    await world.settle(job);
    const ended = await world.ledger.jobs.read(job.jobId);
    expect(ended).toMatchObject({ status: "failed", failure: { code: "MODEL_UNKNOWN" } });
  });

  test("finds a call that was settled after its job had ended and whose summons was lost", async () => {
    const job = await world.job();
    const lost = await world.call(job);
    await world.ledger.attempts.unknown(lost, ERROR);
    const moved = (await world.ledger.jobs.read(job.jobId)) ?? job;
    await world.answer(await world.call(moved));
    await world.settle(job);
    // The worker thaws, writes down what its call took, and dies before it can say so.
    await world.ledger.attempts.settle(lost, { usage: USAGE, costPicoUsd: COST, providerRequestId: null });
    expect(await sweptAfter(3_600_000)).toEqual([
      { stage: "settle", version: 1, jobId: job.jobId, generation: 1 },
    ]);
    await world.settle(job);
    expect((await world.ledger.jobs.read(job.jobId))?.counted).toHaveLength(2);
    expect(await sweptAfter(3_600_000)).toEqual([]);
    expect((await world.ledger.jobs.due(Number.MAX_SAFE_INTEGER, 10)).jobIds).toEqual([]);
  });

  test("does not summon twice for one look, though the index may still show the row", async () => {
    const job = await world.job();
    world.clock.now += STALE_MS;
    const options = world.sweeperOptions();
    const due = async () => ({ jobIds: [job.jobId], isMore: true });
    const lagging = { ...options, ledger: { ...options.ledger, jobs: { ...options.ledger.jobs, due } } };
    world.summoned.length = 0;
    for (let round = 0; round < 3; round += 1) await sweepOnce(lagging);
    expect(world.summoned).toHaveLength(1);
  });
});
