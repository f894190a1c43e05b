import type { EnvironmentSource } from "@switchyard/shared/config";
import { SwitchyardError } from "@switchyard/shared/errors";
import { type Ledger, OWN_SCOPES } from "@switchyard/shared/ledger";
import { listen, type RequestLimits, type Running } from "@switchyard/shared/lifecycle";
import { openAdmission, openBacklog, subscribeToEvents } from "@switchyard/shared/queues";
import { openBudgetGuard, openOperations, openService, untilAnswered } from "@switchyard/shared/service";
import { accessChecker, hashSecret, parseAccessKey } from "./access.ts";
import { createApp } from "./app.ts";
import { readIngestConfig } from "./config.ts";
import { refuseMalformed, refuseUnfit } from "./http/refuse-malformed.ts";
import { serveLoad } from "./queue-load/serve-load.ts";
import { reserveWith } from "./reserve.ts";
import { routeTable } from "./routes/table.ts";
import { summonInTimeWith } from "./summon-in-time.ts";
import { createWaiter } from "./waiter.ts";

export interface RunningIngest extends Running {
  port: number;
  opsPort: number;
}

/** Starts the API. `limits` bound what a slow client may take; everywhere but in tests they have their defaults. */
export async function startIngest(source: EnvironmentSource, limits?: RequestLimits): Promise<RunningIngest> {
  const config = readIngestConfig(source);
  const service = await openService("ingest", config, source.environment);
  const { ledger, log, metrics, events, lifecycle, catalogue, prices } = service;
  const pepper = config.apiKeyPepper;
  const { seedApiKey } = config;
  if (seedApiKey !== null) {
    const late = "DynamoDB does not store SEED_API_KEY; start it or set DYNAMODB_ENDPOINT";
    await untilAnswered(
      () => seedKey(ledger, seedApiKey, pepper),
      (cause) => new SwitchyardError("LEDGER_UNAVAILABLE", late, { cause }),
    );
  }
  const waiter = createWaiter();
  subscribeToEvents(service.connect("subscriber"), config.queuePrefix, waiter.onEvent);
  const budgets = openBudgetGuard({ ...service, where: "ingest" });
  const routes = routeTable({
    budgets,
    events,
    admission: openAdmission(service.redis, config.queuePrefix),
    catalogue,
    prices,
    log,
    metrics,
    idSecret: pepper,
    sweepStaleMs: config.sweepStaleMs,
    backlog: openBacklog(service.redis, config.queuePrefix, catalogue.models.keys()),
    waiter,
    classifierUrl: config.classifierUrl,
  });
  const app = createApp({
    routes,
    checkAccess: accessChecker(pepper),
    ledger,
    summonWithin: summonInTimeWith({
      summoner: service.summoner,
      ledger,
      sweepStaleMs: config.sweepStaleMs,
      log,
    }),
    reserveWithin: reserveWith({ budgets, log }),
    isDraining: () => lifecycle.isDraining,
    log,
    metrics,
    tracing: service.tracing,
  });
  const operations = await openOperations(service, { queries: serveLoad(service) });
  const { host, port } = config;
  const listening = await listen(app, {
    ...{ host, port, portSetting: "PORT", limits },
    onMalformed: refuseMalformed,
    onUnfit: refuseUnfit,
  });
  lifecycle.opened("api", () => listening.close(config.drainTimeoutMs));
  // Opened last, so closed first: whoever waits for a job is answered with what there is.
  lifecycle.opened("waits", waiter.close);
  lifecycle.markReady();
  log.info({ port: listening.port, opsPort: operations.port }, "ready");
  return { log, stop: lifecycle.stop, port: listening.port, opsPort: operations.port };
}

/** Creates the key that a laptop or a trial starts with, unless it is there already. */
async function seedKey(ledger: Ledger, seed: string, pepper: string): Promise<void> {
  const [tenant = "", key = ""] = seed.split(/:(.*)/s);
  const { keyId, secret } = parseAccessKey(key);
  const secretHash = hashSecret(pepper, secret);
  const isNew = await ledger.accessKeys.create({
    keyId,
    secretHash,
    tenant,
    scopes: [...OWN_SCOPES],
    createdAt: Date.now(),
  });
  if (isNew) return;
  const stored = await ledger.accessKeys.find(keyId);
  if (stored?.secretHash !== secretHash || stored.tenant !== tenant) {
    const message = `SEED_API_KEY: a key with the id ${keyId} exists with another secret or tenant; use another id`;
    throw new SwitchyardError("CONFIG_INVALID", message);
  }
}
