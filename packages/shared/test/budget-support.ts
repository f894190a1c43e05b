import { testRedis, uniquePrefix, waitFor } from "@switchyard/testkit";
import type { Redis } from "ioredis";
import type { Budget } from "../src/budgets/index.ts";
import {
  type BudgetAccounts,
  type BudgetCharge,
  type BudgetUpkeep,
  connect,
  openBudgetAccounts,
  openBudgetUpkeep,
} from "../src/queues/index.ts";

export const NOON = Date.UTC(2026, 5, 1, 12);
export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;

export function aBudget(change: Partial<Budget> = {}): Budget {
  return {
    id: "all",
    subject: {},
    window: { length: "day", kind: "calendar", timeZone: "UTC" },
    limitPicoUsd: 100n,
    alertPicoUsd: null,
    isHard: true,
    source: "file",
    ...change,
  };
}

type Spent = Pick<BudgetCharge, "picoUsd"> & Partial<BudgetCharge> & { isRepeat?: boolean };

export interface TestAccounts extends BudgetAccounts {
  url: string;
  prefix: string;
  redis: Redis;
  upkeep: BudgetUpkeep;
  clock: { now: number };
  /** Makes the accounts as they are where nothing was ever spent. */
  built: (budgets: readonly Budget[]) => Promise<void>;
  /** Why so much is not covered by then; null: it is. */
  covered: (jobId: string, budgets: readonly Budget[], amountPicoUsd: bigint) => Promise<string | null>;
  /** Ends a job with one attempt of that cost. */
  spent: (jobId: string, budgets: readonly Budget[], charge: Spent) => Promise<void>;
  /** Spent and reserved. */
  standing: (budget: Budget) => Promise<[bigint, bigint]>;
  [Symbol.asyncDispose]: () => Promise<void>;
}

/** Accounts under a prefix of their own. */
export async function usingAccounts(): Promise<TestAccounts> {
  const server = await testRedis();
  const prefix = uniquePrefix("{budgets}");
  const redis = connect(server.url, "producer");
  await waitFor(() => redis.status === "ready");
  const clock = { now: NOON };
  const accounts = openBudgetAccounts(redis, prefix);
  const upkeep = openBudgetUpkeep(redis, prefix);
  return {
    ...accounts,
    url: server.url,
    prefix,
    redis,
    upkeep,
    clock,
    async built(budgets) {
      const nowMs = clock.now;
      await upkeep.mark(budgets, "mark", false);
      for (const budget of budgets) {
        await upkeep.begin(budget, "pass", nowMs);
        const as = { pass: "pass", mark: "mark", nowMs };
        await upkeep.finish(budget, { leastPicoUsd: 0n, parts: [] }, as);
      }
    },
    async covered(jobId, budgets, amountPicoUsd) {
      return (await accounts.cover({ jobId, budgets, amountPicoUsd }, clock.now))?.reason ?? null;
    },
    async spent(jobId, budgets, { isRepeat = false, ...charge }) {
      const charges = [{ n: 1, atMs: clock.now, ...charge }];
      await accounts.charge({ jobId, budgets, charges, isAtRisk: false, isRepeat }, clock.now);
    },
    async standing(budget) {
      const [found] = await accounts.read([budget], clock.now);
      return [found?.spentPicoUsd ?? -1n, found?.reservedPicoUsd ?? -1n];
    },
    async [Symbol.asyncDispose]() {
      redis.disconnect();
      await server.stop();
    },
  };
}
