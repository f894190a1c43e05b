import type { JobRow } from "@switchyard/shared/ledger";
import { watchLeaks } from "@switchyard/testkit";
import { afterAll, beforeEach, expect, test } from "vitest";
import { type BudgetWorld, stands, usingBudgets } from "./budget-support.ts";
import { COST, STALE_MS, USAGE, type World } from "./support.ts";

afterAll(watchLeaks());

const BOUND = 1_000n;
const LOST = { code: "PROVIDER_OUTCOME_UNKNOWN", message: "no answer" };
const REFUSED = { code: "PROVIDER_REFUSED", message: "no" };

let budgets: BudgetWorld;
let world: World;

beforeEach(async () => {
  budgets = await usingBudgets();
  world = budgets.world;
  await budgets.put("all", { window: "day", limit_usd: "0.000001" });
  return () => budgets[Symbol.asyncDispose]();
});

async function settled({ jobId }: Pick<JobRow, "jobId">): Promise<JobRow> {
  await world.settle({ jobId });
  return (await world.view({ jobId })).job;
}

test("an answered job is charged its cost, and holds nothing any more", async () => {
  const { job, attempt } = await budgets.calling();
  expect(await budgets.standing("all")).toEqual(stands(0n, BOUND));
  await world.answer(attempt);
  expect((await settled(job)).status).toBe("succeeded");
  for (let times = 0; times < 3; times += 1) await world.settle(job);
  expect(await budgets.standing("all")).toEqual(stands(COST, 0n));
});

test("a call whose outcome is unknown is charged its bound until it is known", async () => {
  const { job, attempt } = await budgets.calling();
  await world.ledger.attempts.unknown(attempt, LOST);
  await world.ledger.jobs.fail((await world.view(job)).job, LOST);
  expect((await settled(job)).status).toBe("failed");
  expect(await budgets.standing("all")).toEqual(stands(BOUND, 0n));
  world.clock.now += 3_600_000;
  await world.settle(job, { n: 1, usage: USAGE, providerRequestId: "late" });
  expect(await budgets.standing("all")).toEqual(stands(COST, 0n));
});

test("jobs that were refused, cancelled or expired are charged what they cost, which may be nothing", async () => {
  const refused = await budgets.calling();
  await world.ledger.attempts.voided(refused.attempt, REFUSED);
  await world.ledger.jobs.fail((await world.view(refused.job)).job, REFUSED);
  expect((await settled(refused.job)).status).toBe("failed");
  const cancelled = await budgets.calling();
  await world.answer(cancelled.attempt);
  await world.ledger.jobs.cancel((await world.view(cancelled.job)).job);
  expect((await settled(cancelled.job)).status).toBe("cancelled");
  const expired = await world.job({ deadlineAt: world.clock.now + 1 });
  expect(await budgets.cover(expired, BOUND)).toBeNull();
  world.clock.now += 1;
  expect((await settled(expired)).status).toBe("expired");
  expect(await budgets.standing("all")).toEqual(stands(COST, 0n));
});

test("a job that ends while Redis does not answer is charged when its end is repeated", async () => {
  const { job, attempt } = await budgets.calling();
  await world.answer(attempt);
  const { charge } = world.charging;
  world.charging.charge = () => Promise.reject(new Error("Redis is away"));
  await expect(world.settle(job)).rejects.toThrow("Redis is away");
  expect(world.events).toHaveLength(1);
  expect(await budgets.standing("all")).toEqual(stands(0n, BOUND));
  world.charging.charge = charge;
  await world.settle(job);
  await world.settle(job);
  expect(await budgets.standing("all")).toEqual(stands(COST, 0n));
});

/** Begins the next generation as a replay does: what the ended one cost is charged at the latest now. */
async function replayed(ended: JobRow): Promise<string | null> {
  const { attempts } = await world.view(ended);
  await budgets.charge({ job: ended, attempts }, true);
  const generation = ended.generation + 1;
  const refusal = await budgets.cover({ ...ended, generation }, BOUND);
  const terms = { request: ended.request, deadlineAt: world.clock.now + 3_600_000 };
  await world.ledger.jobs.replay(ended, { ...terms, attentionAt: world.clock.now + STALE_MS });
  return refusal;
}

test("what a generation cost whose settle died before it was charged is charged by the replay, once", async () => {
  const { job, attempt } = await budgets.calling();
  await world.answer(attempt, null);
  world.charging.charge = () => Promise.reject(new Error("killed"));
  await expect(world.settle(job)).rejects.toThrow("killed");
  world.charging.charge = budgets.charge;
  expect(await replayed((await world.view(job)).job)).toBeNull();
  await world.settle(job);
  expect(await budgets.standing("all")).toEqual(stands(COST, BOUND));
  await world.answer(await world.call(job));
  await world.settleOf(job, 2);
  world.clock.now += 300_000;
  await budgets.keep();
  expect(await budgets.standing("all")).toEqual(stands(2n * COST, 0n));
});

test.each([
  ["before the replay", true],
  ["by nobody", false],
])(
  "a late charge of a generation, already charged %s, leaves what the next one holds",
  async (_, isCharged) => {
    const { job, attempt } = await budgets.calling();
    await world.answer(attempt, null);
    let late = async () => {};
    world.charging.charge = async (view, isRepeat) => {
      late = () => budgets.charge(view, isRepeat);
    };
    const ended = await settled(job);
    if (isCharged) expect(await replayed(ended)).toBeNull();
    else expect(await budgets.cover({ ...ended, generation: 2 }, BOUND)).toBeNull();
    await late();
    expect(await budgets.standing("all")).toEqual(stands(COST, BOUND));
  },
);

test("what a replay reserved that never came is free after a minute, and not what one reserves meanwhile", async () => {
  const { job, attempt } = await budgets.calling();
  await world.answer(attempt, null);
  const ended = await settled(job);
  expect(await budgets.cover({ ...ended, generation: 2 }, BOUND)).toBeNull();
  world.clock.now += 60_000;
  expect(await budgets.cover({ ...ended, generation: 2 }, BOUND)).toBeNull();
  await budgets.keep();
  expect(await budgets.standing("all")).toEqual(stands(COST, BOUND));
  world.clock.now += 60_000;
  await budgets.keep();
  expect(await budgets.standing("all")).toEqual(stands(COST, 0n));
});

test("a replayed job is charged for the calls of its new generation alone", async () => {
  const { job, attempt } = await budgets.calling();
  await world.answer(attempt, null);
  const failed = await settled(job);
  expect(failed.status).toBe("failed");
  expect(await replayed(failed)).toBeNull();
  await world.answer(await world.call(job));
  expect(await budgets.standing("all")).toEqual(stands(COST, BOUND));
  await world.settleOf(job, 2);
  expect(await budgets.standing("all")).toEqual(stands(2n * COST, 0n));
});

test("case 46: after 1,000 jobs with every ending, nothing is reserved and what was spent is the sum of their rows", {
  timeout: 120_000,
}, async () => {
  await budgets.put("acme", { tenant: "acme", window: "hour", limit_usd: "1" });
  let sum = 0n;
  const endings = [
    "answered",
    "unanswered",
    "unknown",
    "void",
    "cancelled",
    "expired",
    "never accepted",
  ] as const;
  const jobs = Array.from({ length: 1_000 }, (_, index) => endings[index % endings.length]);
  for (let from = 0; from < jobs.length; from += 50) {
    const batch = jobs.slice(from, from + 50).map((ending) => end(ending ?? "answered"));
    for (const cost of await Promise.all(batch)) sum += cost;
  }
  world.clock.now += 60_001;
  await budgets.keep();
  expect(await budgets.standing("all")).toEqual(stands(sum, 0n));
  expect(await budgets.standing("acme")).toEqual(stands(sum, 0n));
});

/** A job of acme that ends like that; what it cost, or may have. */
async function end(ending: string): Promise<bigint> {
  const { ledger } = world;
  if (ending === "never accepted") {
    const stillborn = { jobId: `job_${Math.random()}`, tenant: "acme" };
    await budgets.cover(stillborn, BOUND);
    return 0n;
  }
  const job = await world.job({
    tenant: "acme",
    deadlineAt: world.clock.now + (ending === "expired" ? 0 : 3_600_000),
  });
  expect(await budgets.cover(job, BOUND)).toBeNull();
  if (ending === "expired") {
    await world.settle(job);
    return 0n;
  }
  const attempt = await world.call(job);
  if (ending === "unknown") await ledger.attempts.unknown(attempt, LOST);
  else if (ending === "void") await ledger.attempts.voided(attempt, REFUSED);
  else await world.answer(attempt, ending === "answered" ? 1 : null);
  const { job: row } = await world.view(job);
  if (ending === "cancelled") await ledger.jobs.cancel(row);
  if (ending === "unknown" || ending === "void") await ledger.jobs.fail(row, LOST);
  await world.settle(job);
  return ending === "void" ? 0n : ending === "unknown" ? BOUND : COST;
}
