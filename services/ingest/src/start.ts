import type { Socket } from "node:net";
import type { EnvironmentSource } from "@switchyard/shared/config";
import { SwitchyardError } from "@switchyard/shared/errors";
import { type Ledger, SCOPES } from "@switchyard/shared/ledger";
import { listen, type Running } from "@switchyard/shared/lifecycle";
import { subscribeToEvents } from "@switchyard/shared/queues";
import { openOperations, openService } from "@switchyard/shared/service";
import { accessChecker, hashSecret, parseAccessKey } from "./access.ts";
import { createApp } from "./app.ts";
import { readIngestConfig } from "./config.ts";
import { problemOf } from "./http/problem.ts";
import { requestIdOf } from "./http/request-context.ts";
import { explainRoute } from "./routes/explain.ts";
import { jobBatchRoute } from "./routes/job-batch.ts";
import { jobListRoute } from "./routes/job-list.ts";
import { jobRoutes } from "./routes/jobs.ts";
import { modelsRoute } from "./routes/models.ts";
import { createWaiter } from "./waiter.ts";

export interface RunningIngest extends Running {
  port: number;
  opsPort: number;
}

/** Starts the API. */
export async function startIngest(source: EnvironmentSource): Promise<RunningIngest> {
  const config = readIngestConfig(source);
  const service = await openService("ingest", config, source.environment);
  const { ledger, summoner, log, metrics, lifecycle, catalogue, prices } = service;
  const pepper = config.apiKeyPepper;
  if (config.seedApiKey !== null) await seedKey(ledger, config.seedApiKey, pepper);
  const waiter = createWaiter();
  subscribeToEvents(service.connect("subscriber"), config.queuePrefix, waiter.onEvent);
  const { sweepStaleMs } = config;
  const options = {
    ledger,
    summoner,
    catalogue,
    prices,
    log,
    metrics,
    idSecret: pepper,
    sweepStaleMs,
    waiter,
  };
  const routes = [
    ...jobRoutes(options),
    jobListRoute(options),
    jobBatchRoute(options),
    explainRoute({ ...options, classifierUrl: config.classifierUrl }),
    modelsRoute(options),
  ];
  const app = createApp({ routes, checkAccess: accessChecker(ledger.accessKeys, pepper), log, metrics });
  const operations = await openOperations(service);
  const { host, port } = config;
  const listening = await listen(app, { host, port, portSetting: "PORT", onMalformed: refuseMalformed });
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
    scopes: [...SCOPES],
    createdAt: Date.now(),
  });
  if (isNew) return;
  const stored = await ledger.accessKeys.find(keyId);
  if (stored?.secretHash !== secretHash || stored.tenant !== tenant) {
    const message = `SEED_API_KEY: a key with the id ${keyId} exists with another secret or tenant; use another id`;
    throw new SwitchyardError("CONFIG_INVALID", message);
  }
}

/** What is not HTTP gets the same error body as everything else, on a connection that ends with it. */
function refuseMalformed(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  const isTooLarge = error.code === "HPE_HEADER_OVERFLOW";
  const isTooSlow = error.code === "ERR_HTTP_REQUEST_TIMEOUT";
  const what = isTooLarge
    ? "headers are larger than 16 KB"
    : isTooSlow
      ? "request came too slowly"
      : "not HTTP";
  const requestId = requestIdOf(undefined);
  const problem = problemOf(
    new SwitchyardError("REQUEST_INVALID", `the request was refused: ${what}`),
    requestId,
  );
  const status = isTooLarge ? 431 : isTooSlow ? 408 : 400;
  const body = JSON.stringify({ ...problem, status });
  const reason = isTooLarge
    ? "Request Header Fields Too Large"
    : isTooSlow
      ? "Request Timeout"
      : "Bad Request";
  socket.end(
    `HTTP/1.1 ${status} ${reason}\r\nConnection: close\r\nContent-Type: application/problem+json\r\n` +
      `x-request-id: ${requestId}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}
