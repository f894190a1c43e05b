import { createHash, randomInt } from "node:crypto";
import { type Catalogue, loadCatalogue, type Model } from "@switchyard/shared/catalogue";
import type { InvokeMessage } from "@switchyard/shared/contracts";
import { type JobRow, type JobView, type Ledger, type NewJob, openLedger } from "@switchyard/shared/ledger";
import type { PriceBook } from "@switchyard/shared/pricing";
import {
  type Admission,
  connect,
  openAdmission,
  openSummoner,
  type RedisConnection,
  type RunContext,
  type Summoner,
} from "@switchyard/shared/queues";
import { type BudgetGuard, openBudgetGuard, readCatalogue } from "@switchyard/shared/service";
import { createLogger, createMetrics, type Logger } from "@switchyard/shared/telemetry";
import { type Simulator, startSimulator } from "@switchyard/simulator";
import { testDynamodb, testRedis, uniquePrefix, waitFor } from "@switchyard/testkit";
import { type CancelWatch, createCancelWatch } from "../src/cancel-watch.ts";
import { invokeWith } from "../src/invoke.ts";
import type { InvokeOptions } from "../src/invoke-options.ts";
import type { ProviderClient } from "../src/providers/index.ts";
import { clientFor } from "../src/providers/stand.test-suite.ts";

// The client wants credentials to sign with; the emulator takes any.
process.env.AWS_ACCESS_KEY_ID ??= "test";
process.env.AWS_SECRET_ACCESS_KEY ??= "test";

const CATALOGUE = `
version: 1
providers:
  simulated: { kind: openai, base_url_env: SIMULATOR_URL, base_path: /v1 }
models:
  sim-small:
    { provider: simulated, price: simulated/sim-small, window_tokens: 128000, max_output_tokens: 16384, strength: 20 }
routes: { SIMPLE: [sim-small], CALCULATION: [sim-small], COMPLEX: [sim-small] }
classifier: { mode: local, expected_output_tokens: { SIMPLE: 150, CALCULATION: 400, COMPLEX: 1200 } }
defaults: { deadline_ms: 86400000, max_output_tokens: 1024 }
attempts: { max: 3, max_unknown: 2 }
retention: { content_days: 30 }
`;

/** A ledger, a simulated provider, and stage invoke between them. */
export interface World {
  ledger: Ledger;
  simulator: Simulator;
  client: ProviderClient;
  cancels: CancelWatch;
  catalogue: Catalogue;
  prices: PriceBook;
  model: Model;
  /** The limits of one account; `run` uses it where it is handed in. */
  admission: Admission;
  /** Those of the file are none. */
  budgets: BudgetGuard;
  redis: RedisConnection;
  breakerKey: (modelId: string) => string;
  log: Logger;
  /** Into queues that nobody works at. */
  summoner: Summoner;
  /** A job that is due for invoke. */
  job: (overrides?: JobOverrides) => Promise<JobRow>;
  /** A job that the model is to judge, until this time. */
  consulting: (overrides?: JobOverrides & { endsAt?: number }) => Promise<JobRow>;
  /** One run of stage invoke for a job, over a model that fails as its name says. */
  run: (job: Pick<JobRow, "jobId">, options?: RunOptions) => ReturnType<ReturnType<typeof invokeWith>>;
  view: (job: Pick<JobRow, "jobId">) => Promise<JobView>;
  /** The provider's bill for a job. */
  billed: (job: Pick<JobRow, "jobId">) => ReturnType<Simulator["bill"]>;
  [Symbol.asyncDispose]: () => Promise<void>;
}

interface JobOverrides extends Partial<Omit<NewJob, "request">> {
  request?: Partial<NewJob["request"]>;
  prompt?: string;
  /** What the classifier chose. */
  modelId?: string;
}

interface RunOptions extends Partial<InvokeOptions> {
  providerModel?: string;
  timeoutMs?: number;
  generation?: number;
  /** Whose queue the summons lay in. */
  modelId?: string;
  signal?: AbortSignal;
  /** The summons is to a judgement. */
  isConsult?: boolean;
}

export async function usingWorld(): Promise<World> {
  const dynamodb = await testDynamodb();
  const server = await testRedis();
  const redis = connect(server.url, "producer");
  await waitFor(() => redis.status === "ready");
  const prefix = uniquePrefix("{invoker}");
  const admission = openAdmission(redis, prefix);
  const simulator = await startSimulator({ latencyScale: 0 });
  const { catalogue, prices, model } = readModels(simulator);
  const metrics = createMetrics("test");
  const tableName = uniquePrefix("invoker");
  const ledger = openLedger({ tableName, region: "us-east-1", endpoint: dynamodb.url });
  await ledger.createTable();
  const client = clientFor("openai", simulator.url);
  const cancels = createCancelWatch(ledger);
  const summoner = openSummoner(redis, uniquePrefix("{summons}"));
  const log = createLogger("test", "silent");
  const config = { queuePrefix: prefix };
  const guarded = { ledger, redis, config, catalogue, metrics };
  const budgets = openBudgetGuard({ ...guarded, where: "invoker" });
  const shared = { ledger, client, budgets, cancels, catalogue, prices, model, admission, log, summoner };
  const view = async ({ jobId }: Pick<JobRow, "jobId">) => (await ledger.jobs.view(jobId)) as JobView;
  return {
    ...shared,
    simulator,
    redis,
    breakerKey: (modelId) => `${prefix}:admission:model:${modelId}:breaker`,
    job: (overrides = {}) => dueJob(ledger, overrides),
    async consulting({ endsAt = Date.now() + 60_000, modelId = "sim-small", ...overrides } = {}) {
      const accepted = await acceptedJob(ledger, overrides);
      const consult = { modelId, endsAt, localClass: "SIMPLE" as const, gate: GATE };
      return (await ledger.jobs.consulting(accepted, consult)) as JobRow;
    },
    run({ jobId }, given = {}) {
      const { providerModel = "sim-small", timeoutMs = 10_000, generation = 1, signal, ...rest } = given;
      const { modelId = model.id, isConsult = false, ...own } = rest;
      const handler = invokeWith({
        ...shared,
        events: { publish: () => {} },
        metrics,
        // A test whose provider asks the account to wait would stop all others: each run has one of its own.
        admission: openAdmission(redis, uniquePrefix("{run}")),
        model: { ...model, providerModel, timeoutMs },
        ...own,
      });
      const bare: InvokeMessage = { version: 1, jobId, generation, modelId };
      const message = isConsult ? { ...bare, consult: true as const } : bare;
      const context: RunContext = { signal: signal ?? new AbortController().signal };
      return handler(message, context);
    },
    view,
    billed: ({ jobId }) => simulator.bill().filter((line) => line.jobId === jobId),
    async [Symbol.asyncDispose]() {
      await client.close();
      await summoner.close();
      await simulator.close();
      ledger.close();
      redis.disconnect();
      await server.stop();
      await dynamodb.stop();
    },
  };
}

function readModels(simulator: Simulator) {
  const environment = { SIMULATOR_URL: simulator.url };
  const { prices } = readCatalogue({ catalogueFile: null, pricesFile: null }, environment);
  const catalogue = loadCatalogue({
    ...{ text: CATALOGUE, file: "test.yaml" },
    priceIds: prices,
    environment,
  });
  return { catalogue, prices, model: catalogue.models.get("sim-small") as Model };
}

const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";

export function newJobId(): string {
  return `job_${Array.from({ length: 26 }, () => ALPHABET[randomInt(ALPHABET.length)]).join("")}`;
}

const GATE = {
  ...{ asked: true, price_usd: "0.0001", expected_saving_usd: "0", confidence: 0.5 },
  reason: "no_gate" as const,
};

async function acceptedJob(ledger: Ledger, overrides: Omit<JobOverrides, "modelId">): Promise<JobRow> {
  const { prompt = "What is 6 * 7?", request, ...rest } = overrides;
  const jobId = newJobId();
  const fingerprint = sha256(prompt);
  const createdAt = Date.now();
  const messages = [{ role: "user" as const, content: prompt }];
  const promptChunks = await ledger.contents.writePrompt({
    jobId,
    fingerprint,
    messages,
    expiresAt: Math.ceil(createdAt / 1_000) + 3_600,
  });
  await ledger.jobs.accept({
    jobId,
    tenant: "acme",
    fingerprint,
    createdAt,
    deadlineAt: createdAt + 3_600_000,
    promptChunks,
    promptBytes: Buffer.byteLength(prompt),
    attentionAt: createdAt + 30_000,
    ...rest,
    request: {
      model: "auto",
      maxOutputTokens: null,
      maxCostUsd: null,
      onUnknown: "retry",
      priority: "normal",
      metadata: {},
      ...request,
    },
  });
  return (await ledger.jobs.read(jobId)) as JobRow;
}

async function dueJob(ledger: Ledger, { modelId = "sim-small", ...overrides }: JobOverrides) {
  const accepted = await acceptedJob(ledger, overrides);
  const decision = {
    class: "CALCULATION" as const,
    confidence: 1,
    strategy: "local",
    strategy_version: "1",
    reasons: [],
    candidates: [],
    cost_usd: "0",
    ms: 0,
    baseline: null,
  };
  return (await ledger.jobs.classified(accepted, decision, { modelId })) as JobRow;
}

export function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
