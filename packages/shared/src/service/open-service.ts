import { readFileSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { type Catalogue, catalogueWarnings, loadCatalogue } from "../catalogue/index.ts";
import type { BaseConfig } from "../config/index.ts";
import { SwitchyardError } from "../errors/index.ts";
import { LEDGER_OPERATIONS, type Ledger, openLedger } from "../ledger/index.ts";
import { armFailpoints, createLifecycle, type Lifecycle } from "../lifecycle/index.ts";
import { type DatedBook, type PriceBook, readPriceBook } from "../pricing/index.ts";
import {
  checkRedis,
  connect,
  type EventPublisher,
  eventPublisher,
  openSharedClock,
  openSummoner,
  type RedisConnection,
  type Summoner,
} from "../queues/index.ts";
import {
  createLogger,
  createMetrics,
  type Logger,
  type Metrics,
  openTracing,
  startAtZero,
  type Tracing,
} from "../telemetry/index.ts";
import { tellCatalogue } from "./tell-catalogue.ts";
import { tellPriceAge } from "./tell-price-age.ts";

/** What every service opens at its start, and closes at its end, alike. */
export interface Service {
  config: BaseConfig;
  environment: Readonly<Record<string, string | undefined>>;
  catalogue: Catalogue;
  prices: PriceBook;
  log: Logger;
  metrics: Metrics;
  tracing: Tracing;
  lifecycle: Lifecycle;
  ledger: Ledger;
  redis: RedisConnection;
  summoner: Summoner;
  events: EventPublisher;
  /** Another connection, closed with the service. */
  connect: (role: "worker" | "subscriber") => RedisConnection;
}

const SHIPPED = fileURLToPath(new URL("../../../../", import.meta.url));
/** Redis and DynamoDB may come up after their clients; what takes longer is told to the operator by ending. */
const START_MS = 30_000;

/**
 * Opens the ledger, Redis, the catalogue and the price book.
 * @throws SwitchyardError CONFIG_INVALID, or of the ledger, the queue or Redis UNSUITABLE or UNAVAILABLE, saying what to do.
 */
export async function openService(
  name: string,
  config: BaseConfig,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<Service> {
  const log = createLogger(name, config.logLevel);
  const metrics = createMetrics(name);
  const lifecycle = createLifecycle(log, config.drainTimeoutMs);
  armFailpoints(config.failpoints ?? undefined);
  const { catalogue, prices } = readCatalogue(config, environment);
  for (const warning of catalogueWarnings(catalogue)) log.warn({ warning }, "catalogue warning");
  tellCatalogue(catalogue, metrics);
  tellPriceAge(prices, { metrics, log }, Date.now());
  const tracing = await openTracing(name, config, log);
  // The first, so the last to close: what the others did until then is exported.
  lifecycle.opened("tracing", tracing.close);
  const redis = connect(config.redisUrl, "producer");
  const clock = openSharedClock(redis);
  lifecycle.opened("redis", () => redis.disconnect());
  lifecycle.opened("clock", clock.close);
  for (const counter of [metrics.ledgerRequests, metrics.ledgerCapacityUnits, metrics.ledgerThrottles])
    startAtZero(counter, { operation: LEDGER_OPERATIONS });
  const ledger = openLedger({
    now: clock.now,
    tableName: config.dynamodbTable,
    region: config.awsRegion,
    ...(config.dynamodbEndpoint === null ? {} : { endpoint: config.dynamodbEndpoint }),
    onRequest(operation, capacityUnits) {
      metrics.ledgerRequests.inc({ operation });
      metrics.ledgerCapacityUnits.inc({ operation }, capacityUnits);
    },
    onThrottle: (operation) => metrics.ledgerThrottles.inc({ operation }),
  });
  lifecycle.opened("ledger", ledger.close);
  try {
    for (const warning of await tableWarnings(ledger, config)) log.warn({ warning }, "table warning");
    await checkRedis(redis, START_MS);
    const silence = "Redis does not tell the time; start it or set REDIS_URL";
    await untilAnswered(clock.sync, (cause) => new SwitchyardError("QUEUE_UNAVAILABLE", silence, { cause }));
  } catch (error) {
    await lifecycle.stop();
    throw error;
  }
  const summoner = openSummoner(redis, config.queuePrefix, tracing);
  lifecycle.opened("queues", summoner.close);
  return {
    config,
    environment,
    catalogue,
    prices,
    log,
    metrics,
    tracing,
    lifecycle,
    ledger,
    redis,
    summoner,
    events: eventPublisher(redis, config.queuePrefix),
    connect(role) {
      const connection = connect(config.redisUrl, role);
      lifecycle.opened(`redis ${role}`, () => connection.disconnect());
      return connection;
    },
  };
}

/** The table is made where that is wanted, and never used as long as it is not what the code expects. */
async function tableWarnings(ledger: Ledger, config: BaseConfig): Promise<string[]> {
  let warnings: string[] = [];
  const prepare = async () => {
    if (config.createsTable) await ledger.createTable();
    warnings = await ledger.checkTable();
  };
  await untilAnswered(prepare, (cause) => {
    if (cause instanceof SwitchyardError) return cause;
    const where = config.dynamodbEndpoint ?? "AWS";
    const message = `no DynamoDB answers at ${where}; start it or set DYNAMODB_ENDPOINT`;
    return new SwitchyardError("LEDGER_UNAVAILABLE", message, { cause });
  });
  return warnings;
}

/**
 * For a start: a server may come up after its clients, or be away for a moment meanwhile.
 * @throws SwitchyardError what waiting does not mend, at once; otherwise what `late` says, after half a minute.
 */
export async function untilAnswered(
  ask: () => Promise<void>,
  late: (cause: unknown) => SwitchyardError,
): Promise<void> {
  const endsAtMs = performance.now() + START_MS;
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (error instanceof SwitchyardError && !error.isRetriable) throw error;
      if (performance.now() >= endsAtMs) throw late(error);
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  }
}

/**
 * The catalogue and the price book that the configuration names, or the shipped ones.
 * @throws SwitchyardError CONFIG_INVALID with all problems of both files.
 */
export function readCatalogue(
  config: Pick<BaseConfig, "catalogueFile" | "pricesFile"> & Partial<Pick<BaseConfig, "activeProviders">>,
  environment: Readonly<Record<string, string | undefined>>,
): { catalogue: Catalogue; prices: DatedBook } {
  const pricesFile = config.pricesFile ?? `${SHIPPED}prices.json`;
  const file = config.catalogueFile ?? `${SHIPPED}switchyard.yaml`;
  const wrong: SwitchyardError[] = [];
  const prices = unlessWrong(wrong, () =>
    readPriceBook(readText(pricesFile, "SWITCHYARD_PRICES"), nameOf(pricesFile)),
  );
  const catalogue = unlessWrong(wrong, () =>
    loadCatalogue({
      text: readText(file, "SWITCHYARD_CONFIG"),
      file: nameOf(file),
      folder: dirname(file),
      // Of a book that cannot be read nobody can say what it lacks.
      priceIds: prices ?? { has: () => true },
      environment,
      activeProviders: config.activeProviders ?? null,
    }),
  );
  const [first, ...others] = wrong;
  if (first !== undefined) throw others.length === 0 ? first : together(wrong);
  return { catalogue, prices } as { catalogue: Catalogue; prices: DatedBook };
}

function unlessWrong<Value>(wrong: SwitchyardError[], read: () => Value): Value | null {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof SwitchyardError)) throw error;
    wrong.push(error);
    return null;
  }
}

function together(wrong: readonly SwitchyardError[]): SwitchyardError {
  const message = wrong.map((error) => error.message).join("\n");
  return new SwitchyardError("CONFIG_INVALID", message, {
    problems: wrong.flatMap(({ problems }) => problems),
  });
}

function readText(path: string, variable: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new SwitchyardError("CONFIG_INVALID", `cannot read ${path}; set ${variable} to a readable file`, {
      cause: error,
    });
  }
}

function nameOf(path: string): string {
  return path.split("/").at(-1) ?? path;
}
