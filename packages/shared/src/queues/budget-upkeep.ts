import type { Redis } from "ioredis";
import { type Budget, oldestSlice, sliceOf } from "../budgets/index.ts";
import { accountOf, answered, budgetKeys, placeOf, textOf } from "./budget-accounts.ts";
import { BEGIN, FINISH, MARK, RESTORE, TIDY } from "./budget-upkeep-scripts.ts";

/** What the totals say was spent of a budget in its window. */
export interface BudgetSums {
  /** Of the hours that lie in it entirely: at least so much was spent. */
  leastPicoUsd: bigint;
  /** Of all hours that touch it, each with the last instant that it may have been spent at. */
  parts: readonly { atMs: number; picoUsd: bigint }[];
}

/** For whoever keeps the accounts right. Throws as `BudgetAccounts` does. */
export interface BudgetUpkeep {
  /**
   * Says that the rows are being read for the accounts, which can be built only while this is remembered. `isLost`:
   * Redis may have lost some of what they hold, and nothing is admitted until they are built anew.
   */
  mark: (budgets: readonly Budget[], mark: string, isLost: boolean) => Promise<void>;
  /** Reserves what a live job may cost, whatever there is room for. */
  restore: (
    job: { jobId: string; generation: number; budgets: readonly Budget[]; amountPicoUsd: bigint },
    nowMs: number,
  ) => Promise<void>;
  /** From now on what is charged to the account is noted apart. Answers what charges took back since it was last asked. */
  begin: (budget: Budget, pass: string, nowMs: number) => Promise<bigint>;
  /** Corrects what was spent by what the totals say, which were read after `begin`, as of `nowMs` then. */
  finish: (
    budget: Budget,
    sums: BudgetSums,
    as: { pass: string; mark: string; nowMs: number },
  ) => Promise<Finished>;
  /** Jobs that hold reservations, and were not looked at since an instant; at most `limit`, oldest first. */
  holders: (beforeMs: number, limit: number) => Promise<string[]>;
  /** The jobs were looked at, and hold their reservations rightly: they are among the holders anew by that instant. */
  looked: (jobIds: readonly string[], atMs: number) => Promise<void>;
  /**
   * Forgets accounts of all other budgets, once no job holds anything of them. Of these, accounts that somebody's clock has
   * taken to a window that has not begun are to be built anew.
   */
  tidy: (budgets: readonly Budget[], nowMs: number) => Promise<void>;
  /** Notes whether the account alerts. True when that is new. */
  alert: (budget: Budget, isAlerting: boolean) => Promise<boolean>;
}

/** `again`: the window has moved meanwhile, or Redis has lost the account. */
export type Finished = "again" | "right" | "corrected";
const FINISHED: readonly Finished[] = ["again", "right", "corrected"];

/** Clocks of processes are apart by less. */
const AHEAD_MS = 60_000;

interface Scripts {
  switchyardBudgetMark(keys: number, ...rest: string[]): Promise<number>;
  switchyardBudgetBegin(keys: number, ...rest: (string | number)[]): Promise<string>;
  switchyardBudgetFinish(keys: number, ...rest: (string | number)[]): Promise<number>;
  switchyardBudgetTidy(keys: number, ...rest: (string | number)[]): Promise<number>;
  switchyardBudgetRestore(keys: number, ...rest: (string | number)[]): Promise<number>;
}

function scriptsOn(redis: Redis): Redis & Scripts {
  redis.defineCommand("switchyardBudgetMark", { lua: MARK });
  redis.defineCommand("switchyardBudgetBegin", { lua: BEGIN });
  redis.defineCommand("switchyardBudgetFinish", { lua: FINISH });
  redis.defineCommand("switchyardBudgetTidy", { lua: TIDY });
  redis.defineCommand("switchyardBudgetRestore", { lua: RESTORE });
  return redis as Redis & Scripts;
}

export function openBudgetUpkeep(redis: Redis, prefix: string): BudgetUpkeep {
  const scripts = scriptsOn(redis);
  const { scratch, index, accounts, accountPrefix, job: jobKey } = budgetKeys(prefix);

  return {
    async mark(budgets, mark, isLost) {
      const rest = [accountPrefix, mark, isLost ? "1" : "0", ...budgets.map(accountOf)];
      await answered(() => scripts.switchyardBudgetMark(2, scratch, accounts, ...rest));
    },
    async restore({ jobId, generation, budgets, amountPicoUsd }, nowMs) {
      const keys = [scratch, jobKey(jobId), index, accounts];
      const asked = [generation, textOf(amountPicoUsd), nowMs];
      const rest = [accountPrefix, jobId, ...asked, ...budgets.map(accountOf)];
      await answered(() => scripts.switchyardBudgetRestore(4, ...keys, ...rest));
    },
    async begin(budget, pass, nowMs) {
      const rest = [accountPrefix, pass, ...placeOf(budget, nowMs)];
      return BigInt(await answered(() => scripts.switchyardBudgetBegin(1, scratch, ...rest)));
    },
    async finish(budget, { leastPicoUsd, parts }, { pass, mark, nowMs }) {
      const [account, oldest] = placeOf(budget, nowMs);
      const slices = parts.map(
        ({ atMs, picoUsd }) => [sliceOf(budget.window, atMs), picoUsd.toString()] as const,
      );
      const counted = parts.filter((_, at) => (slices[at]?.[0] ?? 0) >= oldest);
      const most = counted.reduce((sum, { picoUsd }) => sum + picoUsd, 0n);
      const rest = [
        ...[accountPrefix, pass, account, oldest, sliceOf(budget.window, nowMs), mark],
        ...[leastPicoUsd.toString(), most.toString()],
        ...slices.filter(([slice]) => slice >= oldest).flat(),
      ];
      const answer = await answered(() => scripts.switchyardBudgetFinish(1, scratch, ...rest));
      return FINISHED[answer] ?? "again";
    },
    holders: (beforeMs, limit) =>
      answered(() => redis.zrangebyscore(index, "-inf", beforeMs, "LIMIT", 0, limit)),
    async looked(jobIds, atMs) {
      if (jobIds.length === 0) return;
      await answered(() => redis.zadd(index, "XX", ...jobIds.flatMap((jobId) => [atMs, jobId])));
    },
    async tidy(budgets, nowMs) {
      const rest = budgets.flatMap((budget) => [
        ...placeOf(budget, nowMs),
        oldestSlice(budget.window, nowMs + AHEAD_MS),
      ]);
      await answered(() => scripts.switchyardBudgetTidy(2, scratch, accounts, accountPrefix, ...rest));
    },
    async alert(budget, isAlerting) {
      const key = accountPrefix + accountOf(budget);
      const change = isAlerting ? () => redis.hset(key, "alerted", 1) : () => redis.hdel(key, "alerted");
      return (await answered(change)) > 0;
    },
  };
}
