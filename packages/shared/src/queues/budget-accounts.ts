import { createHash } from "node:crypto";
import type { Redis } from "ioredis";
import {
  type Budget,
  type BudgetRefusal,
  type BudgetStanding,
  oldestSlice,
  type RefusedStanding,
  refusalOf,
  sliceOf,
  weightiest,
} from "../budgets/index.ts";
import { SwitchyardError } from "../errors/index.ts";
import { CHARGE, COVER, READ, RELEASE, SHRINK } from "./budget-scripts.ts";

/** What an attempt costs its job's budgets: its cost, or its bound where that is unknown; nothing once it is void. */
export interface BudgetCharge {
  n: number;
  picoUsd: bigint;
  /** When it ended: it counts in the window of then, also where more is known of it later. */
  atMs: number;
  /** Its generation ended before: what was charged for it is corrected, and nothing is charged anew. */
  isEarlier?: boolean;
}

export interface BudgetSettlement {
  jobId: string;
  /** The generation that has ended; the first unless told. What a later one holds already stays. */
  generation?: number | undefined;
  budgets: readonly Budget[];
  charges: readonly BudgetCharge[];
  /** A call may still say how it ended, so that its charges are corrected then. */
  isAtRisk: boolean;
  /** The job was ended before, and may have been charged: only what was reserved, or charged, is. */
  isRepeat?: boolean;
}

/**
 * What was spent and reserved of budgets, kept in one place for all processes. Without budgets nothing is asked. Every
 * method throws SwitchyardError QUEUE_UNAVAILABLE when Redis cannot be asked: then nothing is covered.
 */
export interface BudgetAccounts {
  /** At least so much is reserved for the job in every account, or in none more than before. Never lowers. */
  cover: (job: BudgetCover, nowMs: number) => Promise<BudgetRefusal | null>;
  /** No more than so much stays reserved for the job, in whatever account, but for what one of its calls asked for. */
  shrink: (jobId: string, amountPicoUsd: bigint) => Promise<void>;
  /** The job has ended, or a call of it was settled later: what its attempts cost replaces what was reserved for it. */
  charge: (settlement: BudgetSettlement, nowMs: number) => Promise<void>;
  /** The job will never be: nothing is reserved for it any more, unless a generation was covered anew since that instant. */
  release: (jobId: string, notSinceMs?: number) => Promise<void>;
  /** How the budgets stand, in the order in which they are given. */
  read: (budgets: readonly Budget[], nowMs: number) => Promise<BudgetStanding[]>;
}

export interface BudgetCover {
  jobId: string;
  /** The first unless told. */
  generation?: number | undefined;
  budgets: readonly Budget[];
  amountPicoUsd: bigint;
  /** A call is about to be made: from now on no less is reserved, whoever thinks late that less will do. */
  isForCall?: boolean;
  /** The call is waited for: where only other jobs keep it from having room, new ones leave it what it needs. */
  isWaiting?: boolean;
}

/** A job that has ended is remembered for so long, in case its end is repeated; later repeats charge nothing. */
const REMEMBERED_MS = 600_000;
/** Longer than a call is waited for that may still say how it ended: a day. */
const REMEMBERED_AT_RISK_MS = 25 * 3_600_000;
/** More than any limit, and little enough that sums of it stay within the 64 bits of Redis. */
const MOST_PICO_USD = 2_000_000_000_000_000_000n;
/** So that many who wait for one account do not come as a herd. */
const JITTER = 1;

/** Where everything lies. All keys start with the queues' prefix, whose hash tag keeps them in one slot of a cluster. */
export function budgetKeys(prefix: string) {
  return {
    scratch: `${prefix}:budget-scratch`,
    /** Jobs with reservations, by when they were looked at last. */
    index: `${prefix}:budget-jobs`,
    /** Names of all accounts. */
    accounts: `${prefix}:budget-accounts`,
    /** What stands before an account's name. */
    accountPrefix: `${prefix}:budget:`,
    job: (jobId: string) => `${prefix}:budget-job:${jobId}`,
  };
}

/** A budget that is for other jobs or times than before, or was deleted meanwhile, has another account. */
export function accountOf({ id, subject, window, sinceMs }: Budget): string {
  const { tenant, key, tag } = subject;
  const zone = window.kind === "calendar" ? window.timeZone : null;
  const about = JSON.stringify([tenant, key, tag?.name, tag?.value, window.length, zone, sinceMs]);
  return `${id}@${createHash("sha256").update(about).digest("hex").slice(0, 8)}`;
}

type Refused = [place: number, own: string, account: string[]];

interface Scripts {
  switchyardBudgetCover(keys: number, ...rest: (string | number)[]): Promise<Refused[]>;
  switchyardBudgetShrink(keys: number, ...rest: string[]): Promise<number>;
  switchyardBudgetCharge(keys: number, ...rest: (string | number)[]): Promise<number>;
  switchyardBudgetRelease(keys: number, ...rest: (string | number)[]): Promise<number>;
  switchyardBudgetRead(keys: number, ...rest: (string | number)[]): Promise<[string, string, string][]>;
}

function scriptsOn(redis: Redis): Redis & Scripts {
  redis.defineCommand("switchyardBudgetCover", { lua: COVER });
  redis.defineCommand("switchyardBudgetShrink", { lua: SHRINK });
  redis.defineCommand("switchyardBudgetCharge", { lua: CHARGE });
  redis.defineCommand("switchyardBudgetRelease", { lua: RELEASE });
  redis.defineCommand("switchyardBudgetRead", { lua: READ });
  return redis as Redis & Scripts;
}

export function openBudgetAccounts(redis: Redis, prefix: string): BudgetAccounts {
  const scripts = scriptsOn(redis);
  const keys = budgetKeys(prefix);

  return {
    async cover(job, nowMs) {
      const { jobId, generation = 1, budgets, amountPicoUsd, isForCall = false, isWaiting = false } = job;
      if (budgets.length === 0) return null;
      const { scratch, index, accounts, accountPrefix } = keys;
      const purpose = isForCall ? (isWaiting ? 2 : 1) : 0;
      const refused = await answered(() =>
        scripts.switchyardBudgetCover(
          ...[4, scratch, keys.job(jobId), index, accounts],
          ...[accountPrefix, jobId, generation, textOf(amountPicoUsd), nowMs, purpose],
          ...budgets.flatMap((budget) => termsOf(budget, nowMs)),
        ),
      );
      return spread(weightiest(refused.map((entry) => refusalIn(entry, job, nowMs))));
    },
    async shrink(jobId, amountPicoUsd) {
      const { scratch, accountPrefix } = keys;
      const rest = [scratch, keys.job(jobId), accountPrefix, textOf(amountPicoUsd)];
      await answered(() => scripts.switchyardBudgetShrink(2, ...rest));
    },
    async charge(settlement, nowMs) {
      const { jobId, generation = 1, budgets, charges, isAtRisk, isRepeat = false } = settlement;
      const { scratch, index, accounts, accountPrefix } = keys;
      await answered(() =>
        scripts.switchyardBudgetCharge(
          ...[4, scratch, keys.job(jobId), index, accounts],
          ...[
            accountPrefix,
            jobId,
            generation,
            isAtRisk ? REMEMBERED_AT_RISK_MS : REMEMBERED_MS,
            isRepeat ? 1 : 0,
          ],
          ...[budgets.length, ...budgets.flatMap((budget) => placeOf(budget, nowMs))],
          ...charges.flatMap(({ n, picoUsd, atMs, isEarlier = false }) => [
            ...[n, textOf(picoUsd), isEarlier ? 1 : 0],
            ...budgets.map(({ window }) => sliceOf(window, atMs)),
          ]),
        ),
      );
    },
    async release(jobId, notSinceMs = Number.MAX_SAFE_INTEGER) {
      const { scratch, index, accountPrefix } = keys;
      const rest = [scratch, keys.job(jobId), index, accountPrefix, jobId, REMEMBERED_MS, notSinceMs];
      await answered(() => scripts.switchyardBudgetRelease(3, ...rest));
    },
    async read(budgets, nowMs) {
      if (budgets.length === 0) return [];
      const places = budgets.flatMap((budget) => placeOf(budget, nowMs));
      const found = await answered(() =>
        scripts.switchyardBudgetRead(1, keys.scratch, keys.accountPrefix, ...places),
      );
      return found.map(([spent, reserved, built]) => ({
        spentPicoUsd: BigInt(spent),
        reservedPicoUsd: BigInt(reserved),
        isBuilt: built === "1",
      }));
    },
  };
}

/** An amount of one job, as the scripts take it. */
export function textOf(picoUsd: bigint): string {
  return (picoUsd > MOST_PICO_USD ? MOST_PICO_USD : picoUsd).toString();
}

/** An account, and the oldest slice that counts in it. */
export function placeOf(budget: Budget, nowMs: number): [string, number] {
  return [accountOf(budget), oldestSlice(budget.window, nowMs)];
}

function termsOf(budget: Budget, nowMs: number): (string | number)[] {
  const [account, oldest] = placeOf(budget, nowMs);
  return [account, budget.limitPicoUsd.toString(), budget.isHard ? 1 : 0, oldest];
}

function refusalIn([place, own, account]: Refused, job: BudgetCover, nowMs: number): BudgetRefusal {
  return refusalOf(job.budgets[place] as Budget, standingIn(account, own), {
    askPicoUsd: job.amountPicoUsd,
    nowMs,
  });
}

/** Only the end of a window is known: who waits for something else is told a time of its own. */
function spread(refusal: BudgetRefusal | null): BudgetRefusal | null {
  if (refusal === null || refusal.reason === "spent" || refusal.retryAfterMs === null) return refusal;
  return { ...refusal, retryAfterMs: Math.ceil(refusal.retryAfterMs * (1 + Math.random() * JITTER)) };
}

function standingIn(account: readonly string[], own: string): RefusedStanding {
  const fields = new Map<string, string>();
  for (let index = 0; index < account.length; index += 2)
    fields.set(account[index] as string, account[index + 1] as string);
  const slices = [...fields].flatMap(([name, amount]) =>
    name.startsWith("slice:")
      ? [{ slice: Number(name.slice("slice:".length)), picoUsd: BigInt(amount) }]
      : [],
  );
  return {
    spentPicoUsd: BigInt(fields.get("spent") ?? 0),
    reservedPicoUsd: BigInt(fields.get("reserved") ?? 0),
    isBuilt: fields.has("built"),
    slices,
    ownPicoUsd: BigInt(own),
  };
}

/** What Redis says. @throws SwitchyardError QUEUE_UNAVAILABLE */
export async function answered<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
  try {
    return await ask();
  } catch (error) {
    throw new SwitchyardError("QUEUE_UNAVAILABLE", "Redis did not say how the budgets stand", {
      cause: error,
    });
  }
}
