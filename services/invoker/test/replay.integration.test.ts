import type { JobRow } from "@switchyard/shared/ledger";
import { watchLeaks } from "@switchyard/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { usingWorld, type World } from "./support.ts";

afterAll(watchLeaks());

let world: World;

beforeAll(async () => {
  world = await usingWorld();
});
afterAll(() => world[Symbol.asyncDispose]());

/** A job whose first generation was refused, and whose second is due for invoke. */
async function replayedJob(maxCostUsd: string | null = null): Promise<JobRow> {
  const { jobs } = world.ledger;
  const job = await world.job({ request: { maxCostUsd } });
  await expect(world.run(job, { providerModel: "fault-400" })).rejects.toMatchObject({ isRetriable: false });
  const called = (await world.view(job)).job;
  const failure = { code: "PROVIDER_REFUSED", message: "no" };
  const end = { status: "failed" as const, failure, costPicoUsd: 0n, counted: [] };
  const failed = (await jobs.end(called, end)) as JobRow;
  const { request, deadlineAt } = failed;
  const replayed = (await jobs.replay(failed, { request, deadlineAt, attentionAt: deadlineAt })) as JobRow;
  return (await jobs.classified(replayed, job.decision as NonNullable<JobRow["decision"]>, {
    modelId: "sim-small",
  })) as JobRow;
}

test("a summons of an old generation calls nobody, and one of the new generation makes the next attempt", async () => {
  const job = await replayedJob();
  const before = await world.view(job);
  expect(await world.run(job, { generation: 1 })).toBeNull();
  expect(await world.view(job)).toEqual(before);
  expect(world.billed(job)).toEqual([]);
  expect(await world.run(job, { generation: 2 })).toMatchObject({ generation: 2, attempt: { n: 2 } });
  const { attempts } = await world.view(job);
  expect(attempts.map(({ n, generation, state }) => [n, generation, state])).toEqual([
    [1, 1, "void"],
    [2, 2, "settled"],
  ]);
  expect(world.billed(job)).toHaveLength(1);
});

test("both generations' summonses at once, many times over, make one call", async () => {
  const job = await replayedJob();
  const runs = Array.from({ length: 20 }, (_, index) => world.run(job, { generation: 1 + (index % 2) }));
  await Promise.allSettled(runs);
  expect(world.billed(job)).toHaveLength(1);
});
