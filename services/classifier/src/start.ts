import type { EnvironmentSource } from "@switchyard/shared/config";
import type { Running } from "@switchyard/shared/lifecycle";
import { openBudgetAccounts, runStage } from "@switchyard/shared/queues";
import { openOperations, openService, writeOffWith } from "@switchyard/shared/service";
import { classifyWith } from "./classify.ts";
import { readClassifierConfig } from "./config.ts";
import { explainWith } from "./explain.ts";
import { localJudge } from "./judge/judge.ts";
import { createJudgementCache } from "./judgement-cache.ts";
import { outcomeModelsOf } from "./outcome/read-outcome-model.ts";
import { Patience } from "./patience.ts";
import type { Decider } from "./place.ts";
import { startClassifierAtZero } from "./start-classifier-at-zero.ts";

/** A running classifier; `opsPort` is where ingest asks for dry runs. */
export interface RunningClassifier extends Running {
  opsPort: number;
}

/** Starts stage classify. */
export async function startClassifier(source: EnvironmentSource): Promise<RunningClassifier> {
  const config = readClassifierConfig(source);
  const service = await openService("classifier", config, source.environment);
  const { ledger, metrics, log, lifecycle, summoner, events, tracing } = service;
  const { catalogue, prices } = service;
  startClassifierAtZero(metrics);
  const models = outcomeModelsOf(catalogue);
  for (const [use, model] of Object.entries(models))
    log.info({ use, version: model.version }, "outcome model");
  const cache = createJudgementCache();
  const patience = new Patience();
  const decider: Decider = { catalogue, prices, judge: localJudge(), cache, patience, ...models };
  const budgets = openBudgetAccounts(service.redis, config.queuePrefix);
  const runner = runStage({
    stage: "classify",
    redis: service.connect("worker"),
    prefix: config.queuePrefix,
    summoner,
    handler: classifyWith({ ...decider, budgets, ledger, events, summoner, metrics, log }),
    onDeadLetter: writeOffWith(ledger),
    concurrency: config.concurrency,
    lockMs: config.queueLockMs,
    log,
    metrics,
    tracing,
  });
  const operations = await openOperations(service, {
    liveness: { worker: runner.problem },
    internalRoutes: { "POST /route": explainWith(decider) },
  });
  lifecycle.opened("worker", () => runner.drain(config.drainTimeoutMs));
  lifecycle.markReady();
  log.info({ opsPort: operations.port }, "ready");
  return { log, stop: lifecycle.stop, opsPort: operations.port };
}
