import { formatUsd } from "@switchyard/shared/pricing";
import { watchLeaks } from "@switchyard/testkit";
import { afterAll, beforeEach, expect, test } from "vitest";
import { type BudgetWorld, stands, usingBudgets } from "./budget-support.ts";
import { COST, type World } from "./support.ts";

afterAll(watchLeaks());

const BOUND = 1_000n;
const HOUR_MS = 3_600_000;
const BODY = { window: "day", time_zone: "UTC", limit_usd: formatUsd(2n * BOUND) } as const;

let budgets: BudgetWorld;
let world: World;

beforeEach(async () => {
  budgets = await usingBudgets();
  world = budgets.world;
  world.clock.now = Date.UTC(2026, 5, 1, 23, 30);
  await budgets.put("all", BODY);
  return () => budgets[Symbol.asyncDispose]();
});

/** Somebody whose clock is ahead looks at the budget. */
const lookAhead = async (byMs: number) =>
  void (await budgets.accounts.read([await budgets.budget("all")], world.clock.now + byMs));

async function answered(): Promise<void> {
  const { job, attempt } = await budgets.calling();
  await world.answer(attempt);
  await world.settle(job);
}

test("what is charged while an account is in a window that has not begun is spent", async () => {
  await lookAhead(HOUR_MS);
  for (let jobs = 1n; jobs <= 3n; jobs += 1n) {
    await answered();
    expect(await budgets.standing("all")).toEqual(stands(jobs * COST, 0n));
  }
});

test.each([
  ["as it is", false],
  ["that was lost", true],
])("an account %s is right again once a clock that was ahead is, and so it stays", async (_, isLost) => {
  await answered();
  const live = await budgets.calling();
  await lookAhead(24 * HOUR_MS);
  if (isLost) await budgets.redis.del(`${budgets.prefix}:budgets:run-id`);
  expect(await budgets.standing("all")).toEqual(stands(0n, BOUND));
  await budgets.keep();
  expect(await budgets.standing("all")).toEqual(stands(COST, BOUND));
  await world.answer(live.attempt);
  await world.settle(live.job);
  world.clock.now += 300_000;
  await budgets.keep();
  expect(await budgets.standing("all")).toEqual(stands(2n * COST, 0n));
});

test("an account that is ahead by less than clocks are apart stays as it is", async () => {
  world.clock.now = Date.UTC(2026, 5, 1, 23, 59, 30);
  await lookAhead(30_000);
  await budgets.keep();
  const [account = ""] = await budgets.redis.keys(`${budgets.prefix}:budget:all@*`);
  expect(await budgets.redis.hmget(account, "built", "oldest")).toEqual(["1", `${Date.UTC(2026, 5, 2)}`]);
});
