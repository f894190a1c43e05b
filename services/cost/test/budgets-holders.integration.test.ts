import { SwitchyardError } from "@switchyard/shared/errors";
import { formatUsd } from "@switchyard/shared/pricing";
import { watchLeaks } from "@switchyard/testkit";
import { afterAll, beforeEach, expect, test } from "vitest";
import { giveUpWith } from "../src/give-up.ts";
import { type BudgetWorld, stands, usingBudgets } from "./budget-support.ts";
import { COST, newJobId, type World } from "./support.ts";

afterAll(watchLeaks());

const BOUND = 1_000n;
const MINUTE_MS = 60_000;
const CHECK_EVERY_MS = 300_000;
const BODY = { window: "day", limit_usd: formatUsd(1_000n * BOUND) } as const;

let budgets: BudgetWorld;
let world: World;

beforeEach(async () => {
  budgets = await usingBudgets();
  world = budgets.world;
  await budgets.put("all", BODY);
  return () => budgets[Symbol.asyncDispose]();
});

const orphan = () => budgets.cover({ jobId: newJobId(), tenant: "t" }, BOUND);

test("a row that cannot be read keeps what its job holds, and no other job's", async () => {
  const broken = await world.job();
  await budgets.cover(broken, BOUND);
  await orphan();
  const { view } = world.ledger.jobs;
  world.ledger.jobs.view = async (jobId) => {
    if (jobId === broken.jobId) throw new SwitchyardError("ROW_INVALID", "broken");
    return view(jobId);
  };
  world.clock.now += MINUTE_MS;
  await budgets.keep();
  expect(await budgets.standing("all")).toEqual(stands(0n, BOUND));
  expect((await world.metrics.budgetReady.get()).values).toMatchObject([{ value: 1 }]);
});

test("jobs of several pages that nobody will release are released in one round", async () => {
  await Promise.all(Array.from({ length: 450 }, orphan));
  expect(await budgets.standing("all")).toEqual(stands(0n, 450n * BOUND));
  world.clock.now += MINUTE_MS;
  await budgets.keep();
  expect(await budgets.standing("all")).toEqual(stands(0n, 0n));
});

test("once the last budget is removed and the jobs that held something have ended, nothing is left of it", async () => {
  const { job, attempt } = await budgets.calling();
  await budgets.remove("all");
  expect(await budgets.keep()).toBe(true);
  await world.answer(attempt);
  await world.settle(job);
  world.clock.now += 10 * MINUTE_MS;
  expect(await budgets.keep()).toBe(false);
  const keys = await budgets.redis.keys(`${budgets.prefix}:budget*`);
  // A job is remembered for some minutes.
  const stays = [":budgets:run-id", ":budget-scratch", `:budget-job:${job.jobId}`];
  expect(keys.filter((key) => !stays.some((end) => key.endsWith(end)))).toEqual([]);
});

test("what a job cost that kills whoever settles it stays reserved until the totals have it", async () => {
  const { job, attempt } = await budgets.calling();
  await world.answer(attempt);
  const giveUp = giveUpWith({
    ...{ ledger: world.ledger, metrics: world.metrics, now: () => world.clock.now },
    chargeBudgets: budgets.charge,
    events: { publish: () => {} },
  });
  const poisoned = new SwitchyardError("JOB_POISONED", "5 runs or more ended without a word");
  await giveUp({ version: 1, jobId: job.jobId, generation: 1 }, poisoned);
  world.clock.now += CHECK_EVERY_MS;
  await budgets.keep();
  expect(await budgets.standing("all")).toEqual(stands(0n, BOUND));
  await budgets.redis.flushall();
  await budgets.keep();
  expect(await budgets.standing("all")).toEqual(stands(0n, COST));
  await world.settle(job);
  for (let round = 0; round < 2; round += 1) {
    expect(await budgets.standing("all")).toEqual(stands(COST, 0n));
    world.clock.now += CHECK_EVERY_MS;
    await budgets.keep();
  }
});
