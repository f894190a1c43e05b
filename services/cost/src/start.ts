import type { EnvironmentSource } from "@switchyard/shared/config";
import { openBudgetList } from "@switchyard/shared/ledger";
import type { Running } from "@switchyard/shared/lifecycle";
import {
  openBacklog,
  openBudgetAccounts,
  openBudgetUpkeep,
  openRunMark,
  runStage,
} from "@switchyard/shared/queues";
import { chargeBudgetsWith, openOperations, openService, type Service } from "@switchyard/shared/service";
import type { KeepOptions } from "./budgets/keep-budgets.ts";
import { startBudgets } from "./budgets/start-budgets.ts";
import { readCostConfig } from "./config.ts";
import { giveUpWith } from "./give-up.ts";
import { exportDrift } from "./reconcile/drift.ts";
import { settleWith } from "./settle.ts";
import { startCostAtZero } from "./start-cost-at-zero.ts";
import { startSweeper } from "./sweeper.ts";

export interface RunningCost extends Running {
  opsPort: number;
}

/** Starts stage settle, the sweeper and the keeper of budgets. */
export async function startCost(source: EnvironmentSource): Promise<RunningCost> {
  const config = readCostConfig(source);
  const service = await openService("cost", config, source.environment);
  const { ledger, metrics, log, lifecycle, summoner, events, catalogue, tracing } = service;
  startCostAtZero(service);
  const budgets = budgetsOf(service);
  const settling = { ledger, events, metrics, log, catalogue, chargeBudgets: budgets.chargeBudgets };
  const runner = runStage({
    stage: "settle",
    redis: service.connect("worker"),
    prefix: config.queuePrefix,
    summoner,
    handler: settleWith(settling),
    onDeadLetter: giveUpWith(settling),
    concurrency: config.concurrency,
    lockMs: config.queueLockMs,
    log,
    metrics,
    tracing,
  });
  const sweeper = startSweeper({
    ledger,
    summoner,
    backlog: openBacklog(service.redis, config.queuePrefix, catalogue.models.keys()),
    runMark: openRunMark(service.redis, config.queuePrefix),
    metrics,
    log,
    isKnownModel: (modelId) => catalogue.models.has(modelId),
    staleMs: config.sweepStaleMs,
    intervalMs: config.sweepIntervalMs,
  });
  const keeper = startBudgets({ ...budgets, intervalMs: config.sweepIntervalMs });
  const modelIds = [...catalogue.models.keys()];
  const drift = exportDrift({ ledger, metrics, log, modelIds });
  lifecycle.opened("drift", drift.stop);
  const operations = await openOperations(service, {
    liveness: { worker: runner.problem, sweeper: sweeper.problem, budgets: keeper.problem },
  });
  lifecycle.opened("budgets", keeper.stop);
  lifecycle.opened("sweeper", sweeper.stop);
  lifecycle.opened("worker", () => runner.drain(config.drainTimeoutMs));
  lifecycle.markReady();
  log.info({ opsPort: operations.port }, "ready");
  return { log, stop: lifecycle.stop, opsPort: operations.port };
}

/** DynamoDB's indexes follow within a second, as a rule. */
const INDEX_LAG_MS = 2_000;

/** The budgets of the installation, and their accounts in Redis. */
function budgetsOf({ ledger, redis, config, catalogue, metrics, log }: Service): KeepOptions {
  const { now } = ledger;
  const { queuePrefix: prefix } = config;
  const budgets = openBudgetList({ stored: ledger.budgets, file: catalogue.budgets });
  const accounts = openBudgetAccounts(redis, prefix);
  const chargeBudgets = chargeBudgetsWith({ budgets, accounts, now });
  const upkeep = openBudgetUpkeep(redis, prefix);
  const runMark = openRunMark(redis, prefix, "budgets");
  return {
    ...{ budgets, accounts, chargeBudgets, upkeep, runMark, ledger, metrics, log, now },
    indexLagMs: INDEX_LAG_MS,
  };
}
