import { setTimeout as delay } from "node:timers/promises";
import { waitFor } from "@switchyard/testkit";
import { Redis } from "ioredis";
import type { BudgetWish } from "./budgets.ts";

/** What the account of a budget said at an instant. */
export interface BudgetLook {
  /** By the clock of Redis, which services go by. */
  atMs: number;
  spentPicoUsd: bigint;
  reservedPicoUsd: bigint;
}

/** A budget, and what was seen of its account from outside. */
export interface WatchedBudget {
  id: string;
  wish: BudgetWish;
  /** While it was built: before, nothing is admitted. */
  looks: readonly BudgetLook[];
  /** When nothing was reserved any more; null when it was not built then. */
  end: BudgetLook | null;
  /** After the account was taken away then, and built anew; null when it was not. */
  rebuilt: BudgetLook | null;
}

export interface BudgetWatch {
  readonly budgets: readonly WatchedBudget[];
  /** Waits until all accounts are built. */
  built: () => Promise<void>;
  /** Waits until nothing is reserved any more. */
  released: (timeoutMs: number) => Promise<void>;
  /** Takes all accounts away, and waits until they are built anew; each keeps what its end was. */
  rebuilt: (timeoutMs: number) => Promise<void>;
  stop: () => Promise<void>;
}

const LOOK_EVERY_MS = 50;
/** A Redis that is frozen says nothing. */
const ANSWER_MS = 500;
/** A whole minute of faults at the start of a busy machine. */
const BUILT_MS = 60_000;

/** All accounts at one instant. KEYS: their names. ARGV: what stands before a name. */
const LOOK = `
local time, seen = redis.call('TIME'), {}
for _, account in ipairs(redis.call('SMEMBERS', KEYS[1])) do
  local said = redis.call('HMGET', ARGV[1] .. account, 'built', 'spent', 'reserved')
  table.insert(seen, {account, said[1] or '', said[2] or '0', said[3] or '0'})
end
return {time[1], time[2], seen}
`;

/** KEYS and ARGV as for a look. */
const TAKE_AWAY = `
for _, account in ipairs(redis.call('SMEMBERS', KEYS[1])) do redis.call('DEL', ARGV[1] .. account) end
`;

/** Looks at the accounts as they lie in Redis, many times a second, whatever becomes of Redis. */
export function watchBudgets(
  redis: { url: string; prefix: string },
  wishes: Readonly<Record<string, BudgetWish>>,
): BudgetWatch {
  const watched = Object.entries(wishes).map(([id, wish]) => ({
    ...{ id, wish, looks: [] as BudgetLook[] },
    ...{ now: null as BudgetLook | null, end: null as BudgetLook | null, rebuilt: null as BudgetLook | null },
  }));
  const connection = new Redis(redis.url, {
    ...{ maxRetriesPerRequest: 0, enableOfflineQueue: false, commandTimeout: ANSWER_MS },
    retryStrategy: () => 2 * LOOK_EVERY_MS,
  });
  connection.on("error", () => {});

  const places = [`${redis.prefix}:budget-accounts`, `${redis.prefix}:budget:`] as const;

  async function look(): Promise<void> {
    const answer = await connection.eval(LOOK, 1, ...places);
    const [seconds, micros, seen] = answer as [string, string, [string, string, string, string][]];
    const atMs = Number(seconds) * 1_000 + Math.floor(Number(micros) / 1_000);
    for (const budget of watched) {
      const own = seen.find(([name, built]) => name.startsWith(`${budget.id}@`) && built === "1");
      budget.now =
        own === undefined ? null : { atMs, spentPicoUsd: BigInt(own[2]), reservedPicoUsd: BigInt(own[3]) };
      if (budget.now !== null) budget.looks.push(budget.now);
    }
  }

  /** Asks until Redis has answered: a busy machine may be slower than a look waits. */
  const told = (ask: () => Promise<unknown>) =>
    waitFor(() => ask().then(() => true), { timeoutMs: BUILT_MS, what: "what Redis says of budgets" });
  const isBuilt = () => watched.every(({ now }) => now !== null);

  let isStopped = watched.length === 0;
  const watching = (async () => {
    while (!isStopped) {
      // What a Redis that is away does not say is not seen.
      await look().catch(() => {});
      await delay(LOOK_EVERY_MS);
    }
    connection.disconnect();
  })();
  return {
    budgets: watched,
    async built() {
      await waitFor(isBuilt, { timeoutMs: BUILT_MS, what: "accounts of budgets" });
    },
    async released(timeoutMs) {
      if (watched.length === 0) return;
      const isReleased = () => watched.every(({ now }) => now?.reservedPicoUsd === 0n);
      await waitFor(isReleased, { timeoutMs, what: "the end of all reservations" }).catch(() => {});
      await told(look);
      for (const budget of watched) budget.end = budget.now;
    },
    async rebuilt(timeoutMs) {
      if (watched.length === 0) return;
      await told(() => connection.eval(TAKE_AWAY, 1, ...places));
      await told(look);
      await waitFor(isBuilt, { timeoutMs, what: "accounts that are built anew" }).catch(() => {});
      for (const budget of watched) budget.rebuilt = budget.now;
    },
    async stop() {
      isStopped = true;
      await watching;
    },
  };
}
