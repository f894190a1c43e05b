import type { JobRow } from "@switchyard/shared/ledger";
import { formatUsd } from "@switchyard/shared/pricing";
import { waitFor, watchLeaks } from "@switchyard/testkit";
import { afterAll, expect, test } from "vitest";
import { type BudgetWorld, stands, usingBudgets } from "./budget-support.ts";
import { COST } from "./support.ts";

afterAll(watchLeaks());

const BOUND = 1_000n;
const LIMIT = 5_000n;
const WORKERS = 8;
const ANSWERS = 60;
const ROUNDS_BETWEEN_WIPES = 4;
const REFUSED = { code: "BUDGET_EXCEEDED", message: "no room any more" };

/** What calls have cost and may cost, told by whoever makes them and by nobody else. */
class Truth {
  admitted = 0n;
  spent = 0n;
  most = 0n;
  change(by: bigint): void {
    this.admitted += by;
    if (this.admitted > this.most) this.most = this.admitted;
  }
}

/** A job as the stages take it: covered, called, covered once more with its intent there, answered, settled. */
async function runJob(
  { world, cover }: BudgetWorld,
  truth: Truth,
  callTakes: () => Promise<void>,
): Promise<boolean> {
  const job = await world.job({ tenant: "acme" });
  if ((await cover(job, BOUND)) !== null) return giveUp(world, job);
  const attempt = await world.call(job);
  if ((await cover(job, BOUND)) !== null) {
    await world.ledger.attempts.voided(attempt, REFUSED);
    return giveUp(world, job);
  }
  truth.change(BOUND);
  await callTakes();
  await world.answer(attempt);
  truth.change(COST - BOUND);
  truth.spent += COST;
  await world.settle(job);
  return true;
}

async function giveUp(world: BudgetWorld["world"], job: Pick<JobRow, "jobId">): Promise<false> {
  await world.ledger.jobs.fail((await world.view(job)).job, REFUSED);
  await world.settle(job);
  return false;
}

test("however often Redis is wiped, calls never come to more than the limit, and accounts to what they were", {
  timeout: 120_000,
}, async () => {
  await using budgets = await usingBudgets();
  await budgets.put("all", { window: "month", time_zone: "UTC", limit_usd: formatUsd(LIMIT) });
  const truth = new Truth();
  let [answered, rounds, isOver] = [0, 0, false];
  const nextRound = async (more = 0) => {
    const since = rounds;
    await waitFor(() => rounds > since + more);
  };
  const workers = Array.from({ length: WORKERS }, async () => {
    while (answered < ANSWERS) {
      // Some calls outlast whoever keeps the accounts.
      if (await runJob(budgets, truth, () => nextRound(answered % 3))) answered += 1;
      else await nextRound();
    }
  });
  const keeping = (async () => {
    for (; !isOver; rounds += 1) {
      if (rounds % ROUNDS_BETWEEN_WIPES === 0) await budgets.redis.flushall();
      await budgets.keep();
    }
  })();
  await Promise.all(workers);
  isOver = true;
  await keeping;
  expect(answered).toBeGreaterThan(WORKERS);
  expect(truth.most).toBeLessThanOrEqual(LIMIT);
  // One comparison may yet find what was charged once more while it read; the next one does not.
  for (let round = 0; round < 2; round += 1) {
    budgets.world.clock.now += 300_000;
    await budgets.keep();
  }
  expect(await budgets.standing("all")).toEqual(stands(truth.spent, 0n));
  expect(truth.spent).toBe(BigInt(answered) * COST);
});
