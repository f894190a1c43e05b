import { waitFor } from "@switchyard/testkit";
import { expect, test } from "vitest";
import { connect, openBudgetAccounts } from "../src/queues/index.ts";
import { aBudget, HOUR_MS, MINUTE_MS, NOON, usingAccounts } from "./budget-support.ts";

test("case 45: of 8 jobs at once with room for 1, exactly 1 is covered", async () => {
  await using accounts = await usingAccounts();
  const budgets = [aBudget()];
  await accounts.built(budgets);
  const jobs = Array.from({ length: 8 }, (_, index) => `job-${index}`);
  const answers = await Promise.all(jobs.map((jobId) => accounts.covered(jobId, budgets, 60n)));
  expect(answers.filter((answer) => answer === null)).toHaveLength(1);
  expect(answers.filter((answer) => answer === "reserved")).toHaveLength(7);
  expect(await accounts.standing(aBudget())).toEqual([0n, 60n]);
});

test("of 200 jobs at once against a budget for 20, 20 are covered, and all once the others are through", async () => {
  await using accounts = await usingAccounts();
  const other = connect(accounts.url, "producer");
  await waitFor(() => other.status === "ready");
  const second = openBudgetAccounts(other, accounts.prefix);
  const budget = aBudget({ limitPicoUsd: 2_000n });
  await accounts.built([budget]);
  let left = Array.from({ length: 200 }, (_, index) => `job-${index}`);
  for (let round = 1; round <= 10; round += 1) {
    const asked = left.map((jobId, index) =>
      (index % 2 === 0 ? accounts : second).cover({ jobId, budgets: [budget], amountPicoUsd: 100n }, NOON),
    );
    const answers = await Promise.all(asked);
    const through = left.filter((_, index) => answers[index] === null);
    expect(through).toHaveLength(20);
    expect(await accounts.standing(budget)).toEqual([0n, 2_000n]);
    await Promise.all(through.map((jobId) => accounts.spent(jobId, [budget], { picoUsd: 0n })));
    left = left.filter((jobId) => !through.includes(jobId));
  }
  expect(left).toEqual([]);
  expect(await accounts.standing(budget)).toEqual([0n, 0n]);
  other.disconnect();
});

test("a job is covered by all of its budgets or by none, and is told of the longest wait", async () => {
  await using accounts = await usingAccounts();
  const wide = aBudget({ id: "wide", limitPicoUsd: 1_000n });
  const narrow = aBudget({ id: "narrow", limitPicoUsd: 50n });
  await accounts.built([wide, narrow]);
  expect(await accounts.covered("a", [wide, narrow], 40n)).toBeNull();
  expect(await accounts.covered("b", [wide, narrow], 40n)).toBe("reserved");
  expect(await accounts.standing(wide)).toEqual([0n, 40n]);
  await accounts.spent("a", [wide, narrow], { picoUsd: 40n });
  const refusal = await accounts.cover({ jobId: "b", budgets: [wide, narrow], amountPicoUsd: 40n }, NOON);
  expect(refusal).toMatchObject({ budgetId: "narrow", reason: "spent", retryAfterMs: 12 * HOUR_MS });
  expect(await accounts.covered("b", [wide, narrow], 51n)).toBe("limit");
});

test("what is reserved grows when more is asked for, and never on less", async () => {
  await using accounts = await usingAccounts();
  const budgets = [aBudget()];
  await accounts.built(budgets);
  for (const amount of [30n, 20n, 30n, 100n]) expect(await accounts.covered("a", budgets, amount)).toBeNull();
  expect(await accounts.standing(aBudget())).toEqual([0n, 100n]);
  expect(await accounts.covered("a", budgets, 101n)).toBe("limit");
  await accounts.shrink("a", 25n);
  await accounts.shrink("a", 60n);
  expect(await accounts.standing(aBudget())).toEqual([0n, 25n]);
});

test("a limit that was lowered below what is used refuses growth alone", async () => {
  await using accounts = await usingAccounts();
  await accounts.built([aBudget()]);
  expect(await accounts.covered("a", [aBudget()], 80n)).toBeNull();
  const lowered = [aBudget({ limitPicoUsd: 50n })];
  expect(await accounts.covered("a", lowered, 80n)).toBeNull();
  expect(await accounts.covered("b", lowered, 1n)).toBe("reserved");
});

test("nothing is covered by an account that is not built, but for budgets that only alert", async () => {
  await using accounts = await usingAccounts();
  expect(await accounts.covered("a", [aBudget()], 1n)).toBe("not_ready");
  const soft = aBudget({ isHard: false });
  expect(await accounts.covered("a", [soft], 1_000n)).toBeNull();
  expect(await accounts.standing(soft)).toEqual([0n, 1_000n]);
});

test("a charge replaces what was reserved, once, and is corrected when more is known", async () => {
  await using accounts = await usingAccounts();
  const budgets = [aBudget()];
  await accounts.built(budgets);
  await accounts.covered("a", budgets, 90n);
  for (const isRepeat of [false, false, true]) await accounts.spent("a", budgets, { picoUsd: 70n, isRepeat });
  expect(await accounts.standing(aBudget())).toEqual([70n, 0n]);
  await accounts.spent("a", budgets, { picoUsd: 45n, isEarlier: true, isRepeat: true });
  expect(await accounts.standing(aBudget())).toEqual([45n, 0n]);
});

test("a job that nobody remembers is not charged a second time", async () => {
  await using accounts = await usingAccounts();
  const budgets = [aBudget()];
  await accounts.built(budgets);
  await accounts.spent("a", budgets, { picoUsd: 70n, isRepeat: true });
  await accounts.covered("a", budgets, 10n);
  await accounts.spent("a", budgets, { picoUsd: 70n, isEarlier: true });
  expect(await accounts.standing(aBudget())).toEqual([0n, 0n]);
});

test("what was spent before the present window does not count, even if it is charged now", async () => {
  await using accounts = await usingAccounts();
  const budgets = [aBudget()];
  await accounts.built(budgets);
  await accounts.covered("a", budgets, 90n);
  await accounts.spent("a", budgets, { picoUsd: 70n, atMs: NOON - 13 * HOUR_MS });
  expect(await accounts.standing(aBudget())).toEqual([0n, 0n]);
  await accounts.spent("b", budgets, { picoUsd: 70n });
  accounts.clock.now = NOON + 12 * HOUR_MS - 1;
  expect(await accounts.standing(aBudget())).toEqual([70n, 0n]);
  accounts.clock.now += 1;
  expect(await accounts.standing(aBudget())).toEqual([0n, 0n]);
});

test("a rolling hour is left minute by minute", async () => {
  await using accounts = await usingAccounts();
  const budget = aBudget({ window: { length: "hour", kind: "rolling" } });
  await accounts.built([budget]);
  await accounts.spent("a", [budget], { picoUsd: 30n });
  await accounts.spent("b", [budget], { picoUsd: 50n, atMs: NOON - 10 * MINUTE_MS });
  const refusal = await accounts.cover({ jobId: "c", budgets: [budget], amountPicoUsd: 60n }, NOON);
  expect(refusal).toMatchObject({ budgetId: "all", reason: "spent", retryAfterMs: 51 * MINUTE_MS });
  accounts.clock.now += 51 * MINUTE_MS;
  expect(await accounts.standing(budget)).toEqual([30n, 0n]);
  expect(await accounts.covered("c", [budget], 60n)).toBeNull();
});

test("money beyond what a double holds stays exact", async () => {
  await using accounts = await usingAccounts();
  const limitPicoUsd = 1_000_000_000_000_000_000n;
  const budget = aBudget({ limitPicoUsd });
  await accounts.built([budget]);
  expect(await accounts.covered("a", [budget], limitPicoUsd - 1n)).toBeNull();
  expect(await accounts.covered("b", [budget], 2n)).toBe("reserved");
  expect(await accounts.covered("b", [budget], 1n)).toBeNull();
  await accounts.spent("a", [budget], { picoUsd: 9_007_199_254_740_993n });
  expect(await accounts.standing(budget)).toEqual([9_007_199_254_740_993n, 1n]);
});

test("what a soft account cannot hold is not counted in it, and is covered and charged elsewhere as ever", async () => {
  await using accounts = await usingAccounts();
  const most = 2_000_000_000_000_000_000n;
  const soft = aBudget({ id: "soft", isHard: false });
  const other = aBudget({ id: "other", isHard: false });
  await accounts.built([soft, other]);
  for (const jobId of ["a", "b", "c", "d"]) expect(await accounts.covered(jobId, [soft], most)).toBeNull();
  expect(await accounts.covered("e", [soft, other], 2n * most)).toBeNull();
  expect(await accounts.standing(soft)).toEqual([0n, 4n * most]);
  expect(await accounts.standing(other)).toEqual([0n, most]);
  // It became a hard one, and still counts right whatever it refuses.
  expect(await accounts.covered("f", [{ ...soft, isHard: true }], most)).toBe("limit");
  for (const jobId of ["a", "b", "c", "d", "e"])
    await accounts.spent(jobId, [soft, other], { picoUsd: 2n * most });
  expect(await accounts.standing(soft)).toEqual([4n * most, 0n]);
  expect(await accounts.standing(other)).toEqual([4n * most, 0n]);
});

test("a job that will never be holds nothing, and a Redis that is away covers nothing", async () => {
  await using accounts = await usingAccounts();
  const budgets = [aBudget()];
  await accounts.built(budgets);
  await accounts.covered("a", budgets, 90n);
  await accounts.release("a");
  expect(await accounts.standing(aBudget())).toEqual([0n, 0n]);
  accounts.redis.disconnect();
  await expect(accounts.covered("b", budgets, 1n)).rejects.toMatchObject({ code: "QUEUE_UNAVAILABLE" });
});

test("what a call asked for is not taken back by who thinks late that less will do, until the job has ended", async () => {
  await using accounts = await usingAccounts();
  const budgets = [aBudget()];
  await accounts.built(budgets);
  expect(await accounts.covered("a", budgets, 90n)).toBeNull();
  const call = { jobId: "a", budgets, amountPicoUsd: 50n, isForCall: true };
  expect(await accounts.cover(call, NOON)).toBeNull();
  await accounts.shrink("a", 20n);
  expect(await accounts.standing(aBudget())).toEqual([0n, 50n]);
  await accounts.spent("a", budgets, { picoUsd: 10n });
  expect(await accounts.covered("a", budgets, 60n)).toBeNull();
  await accounts.shrink("a", 20n);
  expect(await accounts.standing(aBudget())).toEqual([10n, 20n]);
});

test("new jobs leave room to a call that waits for it, for a minute since it asked last", async () => {
  await using accounts = await usingAccounts();
  const budgets = [aBudget()];
  await accounts.built(budgets);
  const call = async (jobId: string, amountPicoUsd: bigint) => {
    const asked = { jobId, generation: 1, budgets, amountPicoUsd, isForCall: true, isWaiting: true };
    return (await accounts.cover(asked, accounts.clock.now))?.reason ?? null;
  };
  expect(await accounts.covered("a", budgets, 60n)).toBeNull();
  expect(await accounts.covered("b", budgets, 40n)).toBeNull();
  expect(await call("held", 50n)).toBe("reserved");
  // Another one that waits has its turn when the first has had it.
  expect(await call("second", 90n)).toBe("reserved");
  await accounts.release("b");
  expect(await accounts.covered("c", budgets, 30n)).toBe("reserved");
  await accounts.release("a");
  expect(await accounts.covered("c", budgets, 50n)).toBeNull();
  expect(await accounts.covered("d", budgets, 1n)).toBe("reserved");
  expect(await call("held", 50n)).toBeNull();
  await accounts.release("c");
  expect(await accounts.covered("d", budgets, 10n)).toBeNull();

  expect(await call("second", 90n)).toBe("reserved");
  expect(await accounts.covered("e", budgets, 10n)).toBe("reserved");
  accounts.clock.now += 65_000;
  expect(await accounts.covered("e", budgets, 10n)).toBeNull();
  expect(await accounts.standing(aBudget())).toEqual([0n, 70n]);
});

test("a call that waits for the window, or for a higher limit, keeps no new job back", async () => {
  await using accounts = await usingAccounts();
  const budgets = [aBudget()];
  await accounts.built(budgets);
  await accounts.spent("a", budgets, { picoUsd: 50n });
  for (const [amountPicoUsd, reason] of [
    [60n, "spent"],
    [101n, "limit"],
  ] as const) {
    const asked = { jobId: "held", generation: 1, budgets, amountPicoUsd, isForCall: true, isWaiting: true };
    expect(await accounts.cover(asked, accounts.clock.now)).toMatchObject({ reason });
  }
  expect(await accounts.covered("b", budgets, 50n)).toBeNull();
});

test("a call that another of its budgets has no room for keeps no new job of the first back", async () => {
  await using accounts = await usingAccounts();
  const [shared, own] = [aBudget(), aBudget({ id: "own", limitPicoUsd: 50n })];
  await accounts.built([shared, own]);
  await accounts.spent("a", [own], { picoUsd: 50n });
  expect(await accounts.covered("b", [shared], 90n)).toBeNull();
  const asked = { jobId: "held", generation: 1, budgets: [shared, own], amountPicoUsd: 50n };
  const refusal = await accounts.cover({ ...asked, isForCall: true, isWaiting: true }, accounts.clock.now);
  expect(refusal).toMatchObject({ budgetId: "own", reason: "spent" });
  expect(await accounts.covered("c", [shared], 10n)).toBeNull();
});

test("a reservation that is asked for again is as young as the last time", async () => {
  await using accounts = await usingAccounts();
  const budgets = [aBudget()];
  await accounts.built(budgets);
  expect(await accounts.covered("a", budgets, 60n)).toBeNull();
  accounts.clock.now += 65_000;
  const dueMs = accounts.clock.now - 60_000;
  expect(await accounts.upkeep.holders(dueMs, 10)).toEqual(["a"]);
  expect(await accounts.covered("a", budgets, 60n)).toBeNull();
  expect(await accounts.upkeep.holders(dueMs, 10)).toEqual([]);
});
