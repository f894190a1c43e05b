import type { EnvironmentSource } from "@switchyard/shared/config";
import type { Running } from "@switchyard/shared/lifecycle";
import { openBacklog, openRunMark, runStage } from "@switchyard/shared/queues";
import { openOperations, openService } from "@switchyard/shared/service";
import { readCostConfig } from "./config.ts";
import { giveUpWith } from "./give-up.ts";
import { settleWith } from "./settle.ts";
import { startSweeper } from "./sweeper.ts";

export interface RunningCost extends Running {
  opsPort: number;
}

/** Starts stage settle and the sweeper. */
export async function startCost(source: EnvironmentSource): Promise<RunningCost> {
  const config = readCostConfig(source);
  const service = await openService("cost", config, source.environment);
  const { ledger, metrics, log, lifecycle, summoner, events } = service;
  const runner = runStage({
    stage: "settle",
    redis: service.connect("worker"),
    prefix: config.queuePrefix,
    summoner,
    handler: settleWith({ ledger, events, metrics }),
    onDeadLetter: giveUpWith({ ledger, events, metrics }),
    concurrency: config.concurrency,
    lockMs: config.queueLockMs,
    log,
    metrics,
  });
  const sweeper = startSweeper({
    ledger,
    summoner,
    backlog: openBacklog(service.redis, config.queuePrefix, service.catalogue.models.keys()),
    runMark: openRunMark(service.redis, config.queuePrefix),
    metrics,
    log,
    isKnownModel: (modelId) => service.catalogue.models.has(modelId),
    staleMs: config.sweepStaleMs,
    intervalMs: config.sweepIntervalMs,
  });
  const operations = await openOperations(service, {
    liveness: { worker: runner.problem, sweeper: sweeper.problem },
  });
  lifecycle.opened("sweeper", sweeper.stop);
  lifecycle.opened("worker", () => runner.drain(config.drainTimeoutMs));
  lifecycle.markReady();
  log.info({ opsPort: operations.port }, "ready");
  return { log, stop: lifecycle.stop, opsPort: operations.port };
}
