import type { BudgetBody } from "@switchyard/shared/contracts";
import type { JobRow } from "@switchyard/shared/ledger";
import { budgetOf } from "@switchyard/shared/ledger";
import { formatUsd } from "@switchyard/shared/pricing";
import { openBudgetUpkeep } from "@switchyard/shared/queues";
import { type BudgetGuard, openBudgetGuard } from "@switchyard/shared/service";
import { createMetrics } from "@switchyard/shared/telemetry";
import { uniquePrefix, watchLeaks } from "@switchyard/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { usingWorld, type World } from "./support.ts";

afterAll(watchLeaks());

let world: World;
beforeAll(async () => {
  world = await usingWorld();
});
afterAll(() => world[Symbol.asyncDispose]());

/** sim-small: 0.15 USD in and 0.60 USD out per million tokens; one answer of 10 tokens at most. */
const ONE_TOKEN = { request: { maxOutputTokens: 10 } };

interface Stand {
  guard: BudgetGuard;
  body: BudgetBody;
  /** Spent and reserved. */
  standing: () => Promise<[bigint, bigint]>;
  build: () => Promise<void>;
  /** Redis loses the accounts. */
  lose: () => Promise<void>;
}

/** A budget for all jobs, whose account is built unless told otherwise. */
async function budgeted(limitPicoUsd: bigint, change: Partial<BudgetBody> & { isUnbuilt?: true } = {}) {
  const { isUnbuilt, ...rest } = change;
  const limit = { limit_usd: formatUsd(limitPicoUsd), window: "day" as const, time_zone: "UTC" };
  const body: BudgetBody = { ...limit, hard_stop: true, ...rest };
  const queuePrefix = uniquePrefix("{budget}");
  const guard = openBudgetGuard({
    ledger: world.ledger,
    redis: world.redis,
    config: { queuePrefix },
    catalogue: { budgets: { team: body } },
    metrics: createMetrics("test"),
    where: "invoker",
  });
  const budget = budgetOf("team", body, "file");
  const upkeep = openBudgetUpkeep(world.redis, queuePrefix);
  const stand: Stand = {
    guard,
    body,
    async standing() {
      const [found] = await guard.accounts.read([budget], Date.now());
      return [found?.spentPicoUsd ?? -1n, found?.reservedPicoUsd ?? -1n];
    },
    async build() {
      const nowMs = Date.now();
      await upkeep.mark([budget], "m", false);
      await upkeep.begin(budget, "p", nowMs);
      await upkeep.finish(budget, { leastPicoUsd: 0n, parts: [] }, { pass: "p", mark: "m", nowMs });
    },
    async lose() {
      const keys = await world.redis.keys(`${queuePrefix}:budget*`);
      if (keys.length > 0) await world.redis.del(keys);
    },
  };
  if (isUnbuilt === undefined) await stand.build();
  return stand;
}

/** What one call for such a job can cost at most. */
async function boundOf(): Promise<bigint> {
  const job = await world.job(ONE_TOKEN);
  await world.run(job);
  return (await world.view(job)).attempts[0]?.maxCostPicoUsd ?? 0n;
}

const waitOf = (thrown: unknown) => (thrown as { retryAfterMs: number }).retryAfterMs;
const heldOf = async (job: Pick<JobRow, "jobId">) => (await world.view(job)).job.held;

test("a call is made within what is reserved for it, and the reservation stays until the job is settled", async () => {
  const bound = await boundOf();
  const { guard, standing } = await budgeted(bound);
  const job = await world.job(ONE_TOKEN);
  expect(await world.run(job, { budgets: guard })).toMatchObject({ attempt: { n: 1 } });
  expect(await standing()).toEqual([0n, bound]);
  const second = await world.job(ONE_TOKEN);
  await expect(world.run(second, { budgets: guard })).rejects.toMatchObject({ code: "ROW_CONFLICT" });
  expect((await world.view(second)).attempts).toEqual([]);
  expect(world.billed(second)).toEqual([]);
});

test("a job without room is held, says so once, and goes on when there is room", async () => {
  const bound = await boundOf();
  const { guard } = await budgeted(bound, { tenant: "acme" });
  const payer = { tenant: "acme", tags: {} };
  const other = { jobId: "other", generation: 1, payer, amountPicoUsd: bound };
  expect(await guard.cover(other)).toBe("covered");
  const job = await world.job(ONE_TOKEN);
  const events: unknown[] = [];
  const run = () =>
    world.run(job, { budgets: guard, events: { publish: (event) => void events.push(event) } });
  const thrown = await run().catch((error: unknown) => error);
  expect(waitOf(thrown)).toBeLessThanOrEqual(12_000);
  expect(await heldOf(job)).toEqual({
    ...{ reason: "budget_exceeded", cause: "reserved" },
    ...{ budgetId: "team", isOwn: true },
  });
  await run().catch(() => {});
  await run().catch(() => {});
  expect(events).toHaveLength(1);
  expect((await world.view(job)).job).toMatchObject({ status: "queued", attempts: 0 });

  await guard.accounts.release("other");
  expect(await run()).toMatchObject({ attempt: { n: 1 } });
  expect(await heldOf(job)).toBeUndefined();
});

test("the longer a job is held, the longer it waits until it looks again, up to a minute", async () => {
  const bound = await boundOf();
  const { guard } = await budgeted(bound, { tenant: "acme" });
  const other = { jobId: "other", generation: 1, payer: { tenant: "acme", tags: {} }, amountPicoUsd: bound };
  expect(await guard.cover(other)).toBe("covered");
  const job = await world.job(ONE_TOKEN);
  const waits: number[] = [];
  const heldForMs = [0, 0, 25_000, 50_000, 3_000_000];
  for (const ms of heldForMs) {
    const now = () => Date.now() + ms;
    waits.push(waitOf(await world.run(job, { budgets: guard, now }).catch((error: unknown) => error)));
  }
  const within = (wait: number | undefined, from: number, to: number) => {
    expect(wait).toBeGreaterThanOrEqual(from);
    expect(wait).toBeLessThanOrEqual(to);
  };
  for (const first of waits.slice(0, 2)) within(first, 5_000, 12_000);
  within(waits[2], 25_000, 30_000);
  within(waits[3], 50_000, 55_000);
  within(waits[4], 60_000, 62_000);
});

test("a call that may cost more than its budget ever has waits for the limit to be raised, and says so", async () => {
  const bound = await boundOf();
  const { guard } = await budgeted(bound - 1n, { tenant: "acme" });
  const job = await world.job(ONE_TOKEN);
  await expect(world.run(job, { budgets: guard })).rejects.toMatchObject({ code: "ROW_CONFLICT" });
  expect(await heldOf(job)).toMatchObject({ cause: "limit", budgetId: "team" });
});

test("a job that waits for a window knows when that ends, and looks again within half a minute", async () => {
  const bound = await boundOf();
  const { guard, body } = await budgeted(bound);
  const spent = [{ n: 1, picoUsd: 1n, atMs: Date.now() }];
  const budgets = [budgetOf("team", body, "file")];
  await guard.accounts.charge({ jobId: "gone", budgets, charges: spent, isAtRisk: false }, Date.now());
  const job = await world.job(ONE_TOKEN);
  const thrown = await world.run(job, { budgets: guard }).catch((error: unknown) => error);
  expect(waitOf(thrown)).toBeLessThanOrEqual(32_000);
  const midnight = new Date().setUTCHours(24, 0, 0, 0);
  // The budget is everybody's: its name is not for the job's tenant.
  expect(await heldOf(job)).toMatchObject({ budgetId: "team", isOwn: false });
  expect(Math.abs(((await heldOf(job))?.resumeAt ?? 0) - midnight)).toBeLessThan(1_000);
});

test("nothing is called while nobody knows what was spent, and the row says nothing of it", async () => {
  const { guard, build } = await budgeted(10n ** 12n, { isUnbuilt: true });
  const job = await world.job(ONE_TOKEN);
  await expect(world.run(job, { budgets: guard })).rejects.toMatchObject({ code: "ROW_CONFLICT" });
  expect(await heldOf(job)).toBeUndefined();
  expect((await world.view(job)).attempts).toEqual([]);
  await build();
  expect(await world.run(job, { budgets: guard })).toMatchObject({ attempt: { n: 1 } });
});

test("accounts that are lost between the reservation and the call keep it from being sent", async () => {
  const { guard, lose, build } = await budgeted(10n ** 12n);
  const job = await world.job(ONE_TOKEN);
  let asked = 0;
  const losing: Pick<BudgetGuard, "cover"> = {
    async cover(request) {
      const cover = await guard.cover(request);
      asked += 1;
      if (asked === 1) await lose();
      return cover;
    },
  };
  await expect(world.run(job, { budgets: losing })).rejects.toMatchObject({ code: "ROW_CONFLICT" });
  expect((await world.view(job)).attempts).toMatchObject([
    { state: "void", error: { code: "ROW_CONFLICT" } },
  ]);
  expect(world.billed(job)).toEqual([]);
  await build();
  // What was never sent uses up no attempt.
  expect(await world.run(job, { budgets: guard })).toMatchObject({ attempt: { n: 2 } });
});

test("a call that is repeated asks for what the one before may have cost, too", async () => {
  const bound = await boundOf();
  const { guard, standing } = await budgeted(2n * bound - 1n);
  const job = await world.job(ONE_TOKEN);
  await world.run(job, { budgets: guard, providerModel: "fault-reset" }).catch(() => {});
  expect((await world.view(job)).attempts).toMatchObject([{ state: "unknown" }]);
  await expect(world.run(job, { budgets: guard })).rejects.toMatchObject({ code: "ROW_CONFLICT" });
  expect(await heldOf(job)).toMatchObject({ reason: "budget_exceeded" });
  expect(await standing()).toEqual([0n, bound]);
});

test("a soft budget keeps nobody waiting, and knows of every call", async () => {
  const { guard, standing } = await budgeted(1n, { hard_stop: false });
  const job = await world.job(ONE_TOKEN);
  expect(await world.run(job, { budgets: guard })).toMatchObject({ attempt: { n: 1 } });
  expect((await standing())[1]).toBeGreaterThan(1n);
});

test("a judgement that no budget has room for is not waited for: the local answer stands", async () => {
  const { guard } = await budgeted(1n);
  const llm = {
    ...{ modelId: "sim-small", timeoutMs: 5_000, belowConfidencePpm: 600_000, maxOutputTokens: 64 },
    ...{ maxPromptBytes: 4_096, isGated: true, qualityValueUsd: "0", hasSchema: true, isReasoning: false },
  };
  const catalogue = { ...world.catalogue, classifier: { ...world.catalogue.classifier, llm } };
  const job = await world.consulting();
  expect(await world.run(job, { budgets: guard, catalogue, isConsult: true })).toBeNull();
  expect((await world.view(job)).job.consult).toMatchObject({ failure: "budget_exceeded" });
  expect(world.billed(job)).toEqual([]);
});
