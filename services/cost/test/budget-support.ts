import type { Budget, BudgetStanding } from "@switchyard/shared/budgets";
import type { BudgetBody } from "@switchyard/shared/contracts";
import {
  BUDGETS_KNOWN_MS,
  BUDGETS_KNOWN_TO_ALL_MS,
  type JobRow,
  openBudgetList,
  payerOf,
} from "@switchyard/shared/ledger";
import {
  connect,
  openBudgetAccounts,
  openBudgetUpkeep,
  openRunMark,
  type RedisConnection,
} from "@switchyard/shared/queues";
import { chargeBudgetsWith } from "@switchyard/shared/service";
import { createLogger } from "@switchyard/shared/telemetry";
import { type RunningRedis, startRedis, uniquePrefix, waitFor } from "@switchyard/testkit";
import { type KeepOptions, openBudgetKeeper } from "../src/budgets/keep-budgets.ts";
import { usingWorld, type World } from "./support.ts";

/** A world under budgets, whose Redis is its own, so that it may be wiped. */
export interface BudgetWorld {
  world: World;
  redis: RedisConnection;
  server: RunningRedis;
  prefix: string;
  accounts: KeepOptions["accounts"];
  charge: KeepOptions["chargeBudgets"];
  /** Puts a budget as the API would, and lets all know it. */
  put: (id: string, body: Omit<BudgetBody, "hard_stop"> & Partial<BudgetBody>) => Promise<void>;
  remove: (id: string) => Promise<void>;
  /** One round of the keeper, which says whether there is anything left to keep; `isStill` is asked between pages of rows. */
  keep: (isStill?: () => Promise<boolean>) => Promise<boolean>;
  budget: (id: string) => Promise<Budget>;
  standing: (id: string) => Promise<BudgetStanding>;
  /** Reserves for a job under all of its budgets. Why it is refused; null: it is not. */
  cover: (
    job: Pick<JobRow, "jobId" | "tenant"> & Partial<Pick<JobRow, "generation">>,
    amountPicoUsd: bigint,
  ) => Promise<string | null>;
  /** A covered job with a call on the wire. */
  calling: (amountPicoUsd?: bigint) => ReturnType<World["calling"]>;
  [Symbol.asyncDispose]: () => Promise<void>;
}

export async function usingBudgets(): Promise<BudgetWorld> {
  const world = await usingWorld();
  const server = await startRedis();
  const redis = connect(server.url, "producer");
  await waitFor(() => redis.status === "ready");
  const prefix = uniquePrefix("{budgets}");
  const { ledger, metrics } = world;
  const now = () => world.clock.now;
  let elapsed = 0;
  const elapsedMs = () => elapsed;
  const budgets = openBudgetList({ stored: ledger.budgets, file: {}, elapsedMs });
  const accounts = openBudgetAccounts(redis, prefix);
  const chargeBudgets = chargeBudgetsWith({ budgets, accounts, now });
  world.charging.charge = chargeBudgets;
  const options: KeepOptions = {
    ...{ ledger, metrics, budgets, accounts, chargeBudgets, now },
    upkeep: openBudgetUpkeep(redis, prefix),
    runMark: openRunMark(redis, prefix, "budgets"),
    log: createLogger("test", "silent"),
    indexLagMs: 0,
  };
  const keeper = openBudgetKeeper(options);
  /** All know the budgets that there are then. */
  async function keep(isStill = async () => true): Promise<boolean> {
    elapsed += BUDGETS_KNOWN_MS;
    return await keeper.round(isStill);
  }
  const budget = async (id: string) => (await budgets.all()).find((one) => one.id === id) as Budget;
  const cover: BudgetWorld["cover"] = async (job, amountPicoUsd) => {
    const { jobId, generation } = job;
    const own = await budgets.of(payerOf(job));
    return (await accounts.cover({ jobId, generation, budgets: own, amountPicoUsd }, now()))?.reason ?? null;
  };
  return {
    ...{ world, redis, server, prefix, accounts, charge: chargeBudgets, budget, cover },
    async put(id, body) {
      await ledger.budgets.put(id, { hard_stop: true, ...body });
      await keep();
      world.clock.now += BUDGETS_KNOWN_TO_ALL_MS;
      await keep();
    },
    remove: async (id) => void (await ledger.budgets.remove(id)),
    keep,
    standing: async (id) => (await accounts.read([await budget(id)], now()))[0] as BudgetStanding,
    async calling(amountPicoUsd = 1_000n) {
      const job = await world.job();
      const refusal = await cover(job, amountPicoUsd);
      if (refusal !== null) throw new Error(refusal);
      const attempt = await world.call(job);
      return { job: (await world.view(job)).job, attempt };
    },
    async [Symbol.asyncDispose]() {
      redis.disconnect();
      await server.stop();
      await world[Symbol.asyncDispose]();
    },
  };
}

/** The standing that is meant: spent and reserved of an account that is built. */
export function stands(spentPicoUsd: bigint, reservedPicoUsd: bigint): BudgetStanding {
  return { spentPicoUsd, reservedPicoUsd, isBuilt: true };
}
