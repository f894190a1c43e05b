import { BUDGETS_KNOWN_TO_ALL_MS } from "@switchyard/shared/ledger";
import { formatUsd } from "@switchyard/shared/pricing";
import { watchLeaks } from "@switchyard/testkit";
import { afterAll, beforeEach, expect, test } from "vitest";
import { type BudgetWorld, stands, usingBudgets } from "./budget-support.ts";
import { COST, newJobId, START, type World } from "./support.ts";

afterAll(watchLeaks());

const BOUND = 1_000n;
const LIMIT = 10_000n;
const BODY = { window: "day", limit_usd: formatUsd(LIMIT) } as const;
const CHECK_EVERY_MS = 300_000;
const LOST = { code: "PROVIDER_OUTCOME_UNKNOWN", message: "no answer" };

let budgets: BudgetWorld;
let world: World;

beforeEach(async () => {
  budgets = await usingBudgets();
  world = budgets.world;
  return () => budgets[Symbol.asyncDispose]();
});

async function answered(): Promise<void> {
  const { job, attempt } = await budgets.calling();
  await world.answer(attempt);
  await world.settle(job);
}

const keyOf = async (id: string) => {
  const keys = await budgets.redis.keys(`${budgets.prefix}:budget:${id}@*`);
  return keys[0] as string;
};

test("an account is built from what was spent before there was a budget, and from what live jobs may cost", async () => {
  const { job, attempt } = await world.calling();
  await world.answer(attempt);
  await world.settle(job);
  await world.calling();
  await budgets.put("all", BODY);
  expect(await budgets.standing("all")).toEqual(stands(COST, BOUND));
});

test("a Redis that lost everything covers nothing until its accounts are built again, as they were", async () => {
  await budgets.put("all", BODY);
  await answered();
  await budgets.calling();
  const unknown = await budgets.calling();
  await world.ledger.attempts.unknown(unknown.attempt, LOST);
  await world.ledger.jobs.fail((await world.view(unknown.job)).job, LOST);
  await world.settle(unknown.job);
  const before = await budgets.standing("all");
  expect(before).toEqual(stands(COST + BOUND, BOUND));
  await budgets.redis.flushall();
  expect(await budgets.cover(await world.job(), 1n)).toBe("not_ready");
  await budgets.keep();
  expect(await budgets.standing("all")).toEqual(before);
  expect(await budgets.cover(await world.job(), LIMIT - COST - 2n * BOUND + 1n)).toBe("reserved");
  expect(await budgets.cover(await world.job(), LIMIT - COST - 2n * BOUND)).toBeNull();
});

test("what is lost between reading the rows and the end of a build is noticed", async () => {
  await budgets.put("all", BODY);
  await budgets.calling();
  await budgets.redis.flushall();
  let pages = 0;
  await budgets.keep(async () => {
    pages += 1;
    // The rows of the first page are restored, and gone again.
    if (pages === 1) await budgets.redis.flushall();
    return true;
  });
  expect(pages).toBeGreaterThan(0);
  expect(await budgets.cover(await world.job(), 1n)).toBe("not_ready");
  await budgets.keep();
  expect(await budgets.standing("all")).toEqual(stands(0n, BOUND));
});

test("a job that the index shows late is in an account that is built", async () => {
  await budgets.put("all", BODY);
  await budgets.calling();
  await budgets.redis.flushall();
  const { jobs } = world.ledger;
  const { wanting } = jobs;
  jobs.wanting = async function* none() {
    jobs.wanting = wanting;
    yield [];
  };
  await budgets.keep();
  expect(await budgets.standing("all")).toEqual(stands(0n, BOUND));
});

test("jobs that end while an account is built are in it, once", async () => {
  await budgets.put("all", BODY);
  const { job, attempt } = await budgets.calling();
  await world.answer(attempt);
  await budgets.redis.flushall();
  let isEnded = false;
  await budgets.keep(async () => {
    if (!isEnded) await world.settle(job);
    isEnded = true;
    return true;
  });
  expect(isEnded).toBe(true);
  world.clock.now += CHECK_EVERY_MS;
  await budgets.keep();
  expect(await budgets.standing("all")).toEqual(stands(COST, 0n));
});

test("what an account says too much or too little is corrected by the totals", async () => {
  await budgets.put("all", { ...BODY, time_zone: "UTC" });
  await answered();
  const key = await keyOf("all");
  const slice = `slice:${Date.UTC(2026, 5, 1)}`;
  for (const [drift, rounds] of [
    [70n, 1],
    // What the totals hold may not be charged yet: only what they held the time before is missed.
    [-COST, 2],
  ] as const) {
    await budgets.redis.hincrby(key, "spent", Number(drift));
    await budgets.redis.hincrby(key, slice, Number(drift));
    for (let round = 0; round < rounds; round += 1) {
      world.clock.now += CHECK_EVERY_MS;
      await budgets.keep();
    }
    expect(await budgets.standing("all")).toEqual(stands(COST, 0n));
    expect(await budgets.redis.hget(key, slice)).toBe(COST.toString());
  }
});

test("budgets count the jobs of their tenant, key and tag, also when they are built anew", async () => {
  const paid = { tenant: "acme", keyId: "00000000000000aa", tags: { team: "red" } };
  const subjects = {
    all: {},
    tenant: { tenant: "acme" },
    key: { key: paid.keyId },
    tag: { tag: { name: "team", value: "red" } },
    other: { tenant: "acme", tag: { name: "team", value: "blue" } },
  };
  for (const [id, subject] of Object.entries(subjects)) await budgets.put(id, { ...BODY, ...subject });
  const job = await world.job(paid);
  expect(await budgets.cover(job, BOUND)).toBeNull();
  const attempt = { ...(await world.call(job)), ...paid };
  await world.answer(attempt);
  await world.settle(job);
  const standings = () => Promise.all(Object.keys(subjects).map(budgets.standing));
  const once = [COST, COST, COST, COST, 0n].map((spent) => stands(spent, 0n));
  expect(await standings()).toEqual(once);
});

test("what a rolling day counts leaves it, and a build counts no more than that", async () => {
  await budgets.put("all", BODY);
  await answered();
  world.clock.now += 24 * 3_600_000;
  expect(await budgets.standing("all")).toEqual(stands(COST, 0n));
  await budgets.redis.flushall();
  await budgets.keep();
  expect(await budgets.standing("all")).toEqual(stands(COST, 0n));
  world.clock.now = START + 25 * 3_600_000;
  expect(await budgets.standing("all")).toEqual(stands(0n, 0n));
  await budgets.redis.flushall();
  await budgets.keep();
  expect(await budgets.standing("all")).toEqual(stands(0n, 0n));
});

test("what a job held that was never accepted is free after a minute, and not before", async () => {
  await budgets.put("all", BODY);
  expect(await budgets.cover({ jobId: newJobId(), tenant: "t" }, BOUND)).toBeNull();
  const live = await budgets.calling();
  world.clock.now += 59_999;
  await budgets.keep();
  expect(await budgets.standing("all")).toEqual(stands(0n, 2n * BOUND));
  world.clock.now += 1;
  await budgets.keep();
  expect(await budgets.standing("all")).toEqual(stands(0n, BOUND));
  await world.answer(live.attempt);
  await world.settle(live.job);
  expect(await budgets.standing("all")).toEqual(stands(COST, 0n));
});

test("a job whose end nobody charged is charged and released after a minute", async () => {
  await budgets.put("all", BODY);
  const { charge } = world.charging;
  world.charging.charge = async () => {};
  await answered();
  world.charging.charge = charge;
  expect(await budgets.standing("all")).toEqual(stands(0n, BOUND));
  world.clock.now += 60_000;
  await budgets.keep();
  expect(await budgets.standing("all")).toEqual(stands(COST, 0n));
});

test("a budget that is removed is forgotten, and built anew when it comes back", async () => {
  await budgets.put("all", BODY);
  await answered();
  await budgets.remove("all");
  await budgets.keep();
  expect(await budgets.redis.keys(`${budgets.prefix}:budget:*`)).toEqual([]);
  const { job, attempt } = await world.calling();
  await world.answer(attempt);
  await world.settle(job);
  await budgets.put("all", BODY);
  expect(await budgets.standing("all")).toEqual(stands(2n * COST, 0n));
});

test("a budget that is removed while a job holds something of it is right when it comes back", async () => {
  await budgets.put("all", BODY);
  const { job, attempt } = await budgets.calling();
  await budgets.remove("all");
  await budgets.keep();
  await budgets.put("all", BODY);
  expect(await budgets.standing("all")).toEqual(stands(0n, BOUND));
  await world.answer(attempt);
  await world.settle(job);
  expect(await budgets.standing("all")).toEqual(stands(COST, 0n));
});

test("a new budget covers nothing before all processes know it", async () => {
  await budgets.put("first", BODY);
  await world.ledger.budgets.put("second", { ...BODY, hard_stop: true });
  await budgets.keep();
  world.clock.now += BUDGETS_KNOWN_TO_ALL_MS - 1;
  await budgets.keep();
  expect((await budgets.standing("second")).isBuilt).toBe(false);
  world.clock.now += 1;
  await budgets.keep();
  expect((await budgets.standing("second")).isBuilt).toBe(true);
});

test("a budget that is deleted and set again between two looks at it covers nothing before it is built anew", async () => {
  await budgets.put("all", BODY);
  const before = (await budgets.budget("all")).sinceMs;
  await budgets.remove("all");
  const { job, attempt } = await world.calling();
  await world.ledger.budgets.put("all", { ...BODY, hard_stop: true });
  await budgets.keep();
  expect(await budgets.cover(job, BOUND)).toBe("not_ready");
  world.clock.now += BUDGETS_KNOWN_TO_ALL_MS;
  await budgets.keep();
  expect(await budgets.standing("all")).toEqual(stands(0n, BOUND));
  await world.answer(attempt);
  await world.settle(job);
  expect(await budgets.standing("all")).toEqual(stands(COST, 0n));
  expect((await budgets.budget("all")).sinceMs).toBeGreaterThan(before ?? 0);
});

test("a budget whose limit is changed keeps its account", async () => {
  await budgets.put("all", BODY);
  await budgets.calling();
  await world.ledger.budgets.put("all", { ...BODY, limit_usd: formatUsd(BOUND), hard_stop: true });
  await budgets.keep();
  expect(await budgets.cover(await world.job(), 1n)).toBe("reserved");
});

test("a budget alerts once when spending comes to its threshold, and its state is shown", async () => {
  await budgets.put("all", {
    ...BODY,
    limit_usd: formatUsd(2n * COST),
    alert_at_percent: 50,
    hard_stop: false,
  });
  const alerts = async () => (await world.metrics.budgetAlerts.get()).values.map(({ value }) => value);
  expect(await alerts()).toEqual([0]);
  await answered();
  for (let round = 0; round < 3; round += 1) await budgets.keep();
  expect(await alerts()).toEqual([1]);
  const { budgetReady, budgetSpentUsd } = world.metrics;
  expect((await budgetReady.get()).values).toMatchObject([{ labels: { budget: "all" }, value: 1 }]);
  expect((await budgetSpentUsd.get()).values[0]?.value).toBeCloseTo(44e-12, 20);
  world.clock.now = START + 26 * 3_600_000;
  await budgets.keep();
  await answered();
  await budgets.keep();
  expect(await alerts()).toEqual([2]);
});

test("the end of a calendar's window is shown, and none of one that rolls", async () => {
  await budgets.put("rolling", { ...BODY, window: "day" });
  await budgets.put("calendar", { ...BODY, window: "day", time_zone: "UTC" });
  await budgets.keep();
  const { values } = await world.metrics.budgetWindowEndsAtSeconds.get();
  expect(values).toMatchObject([{ labels: { budget: "calendar" }, value: Date.UTC(2026, 5, 2) / 1_000 }]);
});

test("alerts are counted from 0 for every budget, and no more for one that is deleted", async () => {
  const shown = async () =>
    (await world.metrics.budgetAlerts.get()).values.map(({ labels, value }) => [labels.budget, value]);
  await budgets.put("first", BODY);
  await budgets.put("second", BODY);
  await budgets.keep();
  expect(await shown()).toEqual([
    ["first", 0],
    ["second", 0],
  ]);
  await budgets.remove("first");
  world.clock.now += BUDGETS_KNOWN_TO_ALL_MS;
  await budgets.keep();
  expect(await shown()).toEqual([["second", 0]]);
});
