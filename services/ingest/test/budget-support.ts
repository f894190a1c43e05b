import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BudgetBody } from "@switchyard/shared/contracts";
import { budgetOf } from "@switchyard/shared/ledger";
import {
  type BudgetAccounts,
  connect,
  openBudgetAccounts,
  openBudgetUpkeep,
} from "@switchyard/shared/queues";
import { waitFor } from "@switchyard/testkit";
import { type Api, startApi } from "./support.ts";

type Wishes = Record<string, Partial<BudgetBody> & { limit_usd: string }>;

/** An API under the budgets of a file, and their accounts as stage settle keeps them. */
export interface BudgetedApi extends Api {
  accounts: BudgetAccounts;
  /** Says what was spent of a budget so far: nothing. */
  build: (id: string) => Promise<void>;
  /** Ends a job that has cost so much. */
  spend: (id: string, jobId: string, picoUsd: bigint) => Promise<void>;
  /** Spent and reserved. */
  standing: (id: string) => Promise<[bigint, bigint]>;
}

/** Accounts are built unless `isUnbuilt`. */
export async function startBudgeted(wishes: Wishes, { isUnbuilt = false, tags = [] as string[] } = {}) {
  const folder = await mkdtemp(join(tmpdir(), "switchyard-budgets-"));
  const shipped = await readFile(new URL("../../../switchyard.yaml", import.meta.url), "utf8");
  const file = join(folder, "switchyard.yaml");
  const bodies = Object.fromEntries(
    Object.entries(wishes).map(([id, wish]) => [id, BudgetBody.parse({ window: "day", ...wish })]),
  );
  await writeFile(file, `${shipped}\ntags: ${JSON.stringify(tags)}\nbudgets: ${JSON.stringify(bodies)}\n`);
  const api = await startApi({ SWITCHYARD_CONFIG: file });
  const redis = connect(api.environment["REDIS_URL"] ?? "", "producer");
  await waitFor(() => redis.status === "ready");
  const prefix = api.environment["QUEUE_PREFIX"] ?? "";
  const accounts = openBudgetAccounts(redis, prefix);
  const upkeep = openBudgetUpkeep(redis, prefix);
  const budget = (id: string) => budgetOf(id, bodies[id] as BudgetBody, "file");
  const budgeted: BudgetedApi = {
    ...api,
    accounts,
    async build(id) {
      const nowMs = Date.now();
      await upkeep.mark([budget(id)], "m", false);
      await upkeep.begin(budget(id), "p", nowMs);
      await upkeep.finish(budget(id), { leastPicoUsd: 0n, parts: [] }, { pass: "p", mark: "m", nowMs });
    },
    async spend(id, jobId, picoUsd) {
      const charges = [{ n: 1, picoUsd, atMs: Date.now() }];
      await accounts.charge({ jobId, budgets: [budget(id)], charges, isAtRisk: false }, Date.now());
    },
    async standing(id) {
      const [found] = await accounts.read([budget(id)], Date.now());
      return [found?.spentPicoUsd ?? -1n, found?.reservedPicoUsd ?? -1n];
    },
    async stop() {
      redis.disconnect();
      await api.stop();
      await rm(folder, { recursive: true });
    },
  };
  if (!isUnbuilt) for (const id of Object.keys(bodies)) await budgeted.build(id);
  return budgeted;
}
