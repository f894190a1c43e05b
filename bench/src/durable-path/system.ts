import { randomBytes } from "node:crypto";
import { type RunningProcess, startDynamodbProcess, startProcess, startRedis } from "@switchyard/testkit";

/** The services of the product, each in a process of its own. */
export const SERVICES = ["ingest", "classifier", "invoker", "cost"] as const;
export type ServiceName = (typeof SERVICES)[number];

/** The folder of each workspace's sources. */
const SOURCES: Record<ServiceName | "simulator", string> = {
  ingest: import.meta.resolve("@switchyard/ingest"),
  classifier: import.meta.resolve("@switchyard/classifier"),
  invoker: import.meta.resolve("@switchyard/invoker"),
  cost: import.meta.resolve("@switchyard/cost"),
  simulator: import.meta.resolve("@switchyard/simulator"),
};

/** The whole product as it runs in production, on servers that nothing else uses. */
export interface System {
  apiUrl: string;
  apiKey: string;
  redisUrl: string;
  queuePrefix: string;
  providerUrl: string;
  opsUrls: Record<ServiceName, string>;
  /** Process ids, for their CPU time. */
  pids: Record<ServiceName | "dynamodb" | "provider", number>;
  /** Answers a key of another tenant. */
  keyOf: (tenant: string) => Promise<string>;
  stop: () => Promise<void>;
}

const START_TIMEOUT_MS = 30_000;
const QUEUE_PREFIX = "{sw}";

/** Starts the simulated provider, which answers at once unless told otherwise, in a process of its own. */
export async function startProvider(latencyScale = 0): Promise<{ url: string; process: RunningProcess }> {
  const provider = startProcess({
    entry: new URL("main.ts", SOURCES.simulator),
    name: "provider",
    env: { PORT: "0", SIMULATOR_LATENCY_SCALE: String(latencyScale) },
  });
  const line = await provider.waitForLog((text) => text.includes("simulator ready"));
  return { url: (JSON.parse(line) as { url: string }).url, process: provider };
}

export interface SystemOptions {
  /** Of the provider; it answers at once unless given. */
  latencyScale?: number;
  /** Settings beside those of every system. */
  environment?: Record<string, string>;
}

/** Redis keeps its append-only file, as in production. */
export async function startSystem(options: SystemOptions = {}): Promise<System> {
  const redis = await startRedis({ appendonly: true });
  const dynamodb = await startDynamodbProcess();
  const provider = await startProvider(options.latencyScale);
  const apiKey = `sk-sy-bench-${randomBytes(16).toString("hex")}`;
  const urls = { redisUrl: redis.url, dynamodbUrl: dynamodb.url, providerUrl: provider.url };
  const env = { ...environmentOf({ ...urls, apiKey }), ...options.environment };
  const processes: RunningProcess[] = [];
  const opsUrls = {} as Record<ServiceName, string>;
  const pids = { dynamodb: dynamodb.pid, provider: provider.process.pid } as System["pids"];
  let apiUrl = "";
  for (const name of SERVICES) {
    const service = await startService(name, env);
    processes.push(service.process);
    pids[name] = service.process.pid;
    opsUrls[name] = service.opsUrl;
    apiUrl = service.apiUrl ?? apiUrl;
  }
  return {
    apiUrl,
    apiKey,
    redisUrl: redis.url,
    queuePrefix: QUEUE_PREFIX,
    providerUrl: provider.url,
    opsUrls,
    pids,
    keyOf: (tenant) => createKey(env, tenant),
    async stop() {
      await Promise.all(processes.map((service) => service.stop()));
      await Promise.all([provider.process.stop(), dynamodb.stop(), redis.stop()]);
    },
  };
}

/** One service in a process of its own, once it is ready. */
export async function startService(
  name: ServiceName,
  env: Record<string, string>,
): Promise<{ process: RunningProcess; opsUrl: string; apiUrl: string | null }> {
  const service = startProcess({ entry: new URL("main.ts", SOURCES[name]), name, env });
  const ready = await service.waitForLog(isReady, { timeoutMs: START_TIMEOUT_MS });
  const { port, opsPort } = JSON.parse(ready) as { port?: number; opsPort: number };
  const urlOf = (at: number) => `http://127.0.0.1:${at}`;
  return { process: service, opsUrl: urlOf(opsPort), apiUrl: port === undefined ? null : urlOf(port) };
}

/** A new key of a tenant. */
export async function createKey(
  env: Record<string, string>,
  tenant: string,
  ...more: string[]
): Promise<string> {
  const entry = new URL("keys.ts", SOURCES.ingest);
  const program = startProcess({ entry, name: "keys", args: ["create", "--tenant", tenant, ...more], env });
  const key = await program.waitForLog((line) => line.startsWith("sk-sy-"));
  await program.exited;
  return key.trim();
}

function isReady(line: string): boolean {
  return line.includes('"msg":"ready"');
}

/** What every service is started with. */
export function environmentOf(urls: {
  redisUrl: string;
  dynamodbUrl: string;
  providerUrl: string;
  apiKey: string;
}) {
  return {
    REDIS_URL: urls.redisUrl,
    QUEUE_PREFIX,
    DYNAMODB_ENDPOINT: urls.dynamodbUrl,
    DYNAMODB_CREATE_TABLE: "true",
    AWS_ACCESS_KEY_ID: "bench",
    AWS_SECRET_ACCESS_KEY: "bench",
    SIMULATOR_URL: urls.providerUrl,
    API_KEY_PEPPER: "a pepper for benchmarks only",
    SEED_API_KEY: `bench:${urls.apiKey}`,
    HOST: "127.0.0.1",
    PORT: "0",
    OPS_HOST: "127.0.0.1",
    OPS_PORT: "0",
  };
}
