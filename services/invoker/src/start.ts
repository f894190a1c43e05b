import type { Provider } from "@switchyard/shared/catalogue";
import { type EnvironmentSource, readSecret } from "@switchyard/shared/config";
import type { Running } from "@switchyard/shared/lifecycle";
import { openAdmission, runStage, type StageRunner, subscribeToCancels } from "@switchyard/shared/queues";
import { openBudgetGuard, openOperations, openService } from "@switchyard/shared/service";
import { createCancelWatch } from "./cancel-watch.ts";
import { readInvokerConfig } from "./config.ts";
import { exportBreakers, exportFallbacks, startInvokerAtZero } from "./export-metrics.ts";
import { giveUpWith, invokeWith } from "./invoke.ts";
import { createProviderClient } from "./providers/index.ts";
import { servedModels } from "./served-models.ts";

export interface RunningInvoker extends Running {
  opsPort: number;
}

/** Starts stage invoke: one worker and one long-lived provider client for each model it serves. */
export async function startInvoker(source: EnvironmentSource): Promise<RunningInvoker> {
  const config = readInvokerConfig(source);
  const service = await openService("invoker", config, source.environment);
  const { ledger, metrics, log, lifecycle, summoner, events, catalogue, prices, tracing } = service;
  const models = servedModels(catalogue, config.models);
  if (models.length === 0) log.warn("no active model: this invoker has nothing to do");
  const redis = service.connect("worker");
  const cancels = createCancelWatch(ledger);
  subscribeToCancels(service.connect("subscriber"), config.queuePrefix, cancels.onCancel);
  const admission = openAdmission(service.redis, config.queuePrefix);
  const budgets = openBudgetGuard({ ...service, where: "invoker" });
  const modelIds = models.map(({ id }) => id);
  exportBreakers(metrics, admission, modelIds);
  exportFallbacks(metrics, models);
  startInvokerAtZero({ catalogue, metrics }, models);
  const runners: StageRunner[] = models.map((model) => {
    const provider = catalogue.providers.get(model.providerId) as Provider;
    const client = createProviderClient(provider.kind, {
      baseUrl: provider.baseUrl,
      apiKey: provider.apiKeyEnv === null ? null : readSecret(provider.apiKeyEnv, source),
      region: provider.region,
    });
    lifecycle.opened(`client of ${model.id}`, () => client.close());
    return runStage({
      stage: "invoke",
      modelId: model.id,
      redis,
      prefix: config.queuePrefix,
      summoner,
      handler: invokeWith({
        catalogue,
        prices,
        model,
        client,
        ledger,
        events,
        cancels,
        admission,
        budgets,
        summoner,
        metrics,
        log,
      }),
      onDeadLetter: giveUpWith({ ledger, summoner }),
      // More than may be on the wire at all would only be taken from the queue to be put back.
      concurrency: Math.min(
        config.concurrency ?? model.concurrency,
        model.limits.inFlight ?? Number.POSITIVE_INFINITY,
        provider.limits.inFlight ?? Number.POSITIVE_INFINITY,
      ),
      lockMs: config.queueLockMs,
      log,
      metrics,
      tracing,
    });
  });
  const liveness = Object.fromEntries(
    runners.map((runner, index) => [`worker ${models[index]?.id}`, runner.problem] as const),
  );
  const operations = await openOperations(service, { liveness });
  lifecycle.opened("workers", async () => {
    await Promise.all(runners.map((runner) => runner.drain(config.drainTimeoutMs)));
  });
  lifecycle.markReady();
  log.info({ opsPort: operations.port, models: modelIds }, "ready");
  return { log, stop: lifecycle.stop, opsPort: operations.port };
}
