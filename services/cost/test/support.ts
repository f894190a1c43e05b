import { randomInt } from "node:crypto";
import type { SettleMessage, Usage } from "@switchyard/shared/contracts";
import {
  type JobRow,
  type JobView,
  type Ledger,
  type Measures,
  type NewIntent,
  type NewJob,
  openLedger,
  sumOf,
} from "@switchyard/shared/ledger";
import type { JobEvent } from "@switchyard/shared/queues";
import type { ChargeBudgets } from "@switchyard/shared/service";
import { createLogger, createMetrics, type Metrics } from "@switchyard/shared/telemetry";
import { testDynamodb, uniquePrefix } from "@switchyard/testkit";
import type { RestoreOptions } from "../src/restore.ts";
import { settleWith } from "../src/settle.ts";
import { sweepOnce } from "../src/sweep.ts";

// The client wants credentials to sign with; the emulator takes any.
process.env.AWS_ACCESS_KEY_ID ??= "test";
process.env.AWS_SECRET_ACCESS_KEY ??= "test";

export const START = Date.UTC(2026, 5, 1, 12);
export const STALE_MS = 30_000;
const DAY = "2026-06-01";

const PRICE = { id: "p", bookVersion: "1", inputPicoUsd: 3n, outputPicoUsd: 7n };
export const USAGE: Usage = {
  inputTokens: 10,
  cachedInputTokens: 0,
  cacheWriteTokens: 0,
  outputTokens: 2,
  reasoningTokens: 0,
};
/** 10 × 3 + 2 × 7. */
export const COST = 44n;

const BASELINE = 440n;

export interface Summoned {
  stage: string;
  message: { jobId: string; generation: number };
}

/** A ledger with stage settle and the sweeper on it, and a clock that stands still until it is moved. */
export interface World {
  ledger: Ledger;
  /** Where its ledger lies. */
  table: { tableName: string; endpoint: string };
  /** `waitMs` is what the queues are said to take, beside the clock that stands still. */
  clock: { now: number; waitMs: number };
  metrics: Metrics;
  events: JobEvent[];
  /** What stage settle charges; nothing unless a test says otherwise. */
  charging: { charge: ChargeBudgets };
  summoned: Summoned[];
  settle: (job: Pick<JobRow, "jobId">, facts?: SettleMessage["attempt"], on?: Ledger) => Promise<null>;
  /** As settle, but by a summons of that generation. */
  settleOf: (
    job: Pick<JobRow, "jobId">,
    generation: number,
    facts?: SettleMessage["attempt"],
  ) => Promise<null>;
  sweep: () => Promise<unknown>;
  view: (job: Pick<JobRow, "jobId">) => Promise<JobView>;
  job: (overrides?: Partial<NewJob>) => Promise<JobRow>;
  /** A job with an attempt on the wire. */
  calling: (overrides?: Partial<NewJob>) => Promise<{ job: JobRow; attempt: NewIntent }>;
  /** Claims and writes the next intent of a job. */
  call: (job: Pick<JobRow, "jobId">) => Promise<NewIntent>;
  answer: (attempt: NewIntent, resultChunks?: number | null) => Promise<boolean>;
  totals: (tenant: string) => Promise<Pick<Measures, "calls" | "costPicoUsd">>;
  sweeperOptions: () => RestoreOptions;
  [Symbol.asyncDispose]: () => Promise<void>;
}

export async function usingWorld(): Promise<World> {
  const dynamodb = await testDynamodb();
  const clock = { now: START, waitMs: 0 };
  const now = () => clock.now;
  const table = { tableName: uniquePrefix("cost"), endpoint: dynamodb.url };
  const ledger = openLedger({ ...table, region: "us-east-1", now });
  await ledger.createTable();
  const metrics = createMetrics("test");
  const events: JobEvent[] = [];
  const charging: World["charging"] = { charge: async () => {} };
  const summoned: Summoned[] = [];
  const publisher = { publish: (event: JobEvent) => void events.push(event) };
  const summoner = summonerInto(summoned);
  const log = createLogger("test", "silent");
  const isKnownModel = (modelId: string) => modelId === "sim-small";
  const backlog = { measure: async () => clock.waitMs };
  const runMark = { lostRun: async () => null, markWhole: async () => {} };
  const sweeperOptions = () => ({
    ...{ ledger, summoner, backlog, runMark, metrics, log, isKnownModel, staleMs: STALE_MS, now },
  });
  const view = async ({ jobId }: Pick<JobRow, "jobId">) => (await ledger.jobs.view(jobId)) as JobView;
  const job = (overrides: Partial<NewJob> = {}) => acceptedJob(ledger, clock, overrides);
  async function settled(
    { jobId }: Pick<JobRow, "jobId">,
    { generation, facts, on }: { generation: number; facts: SettleMessage["attempt"]; on: Ledger },
  ): Promise<null> {
    const chargeBudgets: ChargeBudgets = (seen, isRepeat) => charging.charge(seen, isRepeat);
    const told = { events: publisher, metrics, log, catalogue: CATALOGUE };
    const handler = settleWith({ ledger: on, chargeBudgets, now, ...told });
    const message = { version: 1 as const, jobId, generation };
    const context = { signal: new AbortController().signal };
    return (await handler(facts === undefined ? message : { ...message, attempt: facts }, context)) as null;
  }
  const call = (of: Pick<JobRow, "jobId">) => claimedCall(ledger, clock, of.jobId);
  return {
    ledger,
    table,
    clock,
    metrics,
    events,
    charging,
    summoned,
    settle: (of, facts, on = ledger) => settled(of, { generation: 1, facts, on }),
    settleOf: (of, generation, facts) => settled(of, { generation, facts, on: ledger }),
    sweep: () => sweepOnce(sweeperOptions()),
    view,
    job,
    async calling(overrides = {}) {
      const attempt = await call(await job(overrides));
      return { job: (await view(attempt)).job, attempt };
    },
    call,
    answer: (attempt, resultChunks = 1) =>
      ledger.attempts.settle(attempt, {
        usage: USAGE,
        costPicoUsd: COST,
        providerRequestId: "r",
        ...(resultChunks === null ? {} : { resultChunks, baselinePicoUsd: BASELINE }),
      }),
    async totals(tenant) {
      const { calls, costPicoUsd } = sumOf(await ledger.totals.read(tenant, DAY));
      return { calls, costPicoUsd };
    },
    sweeperOptions,
    async [Symbol.asyncDispose]() {
      ledger.close();
      await dynamodb.stop();
    },
  };
}

/** As much of a catalogue as stage settle asks for. */
export const CATALOGUE = {
  tenantClasses: { names: ["inner", "other"], byTenant: new Map([["acme", "inner"]]) },
};

function summonerInto(summoned: Summoned[]) {
  return {
    summon: async (stage: string, message: Summoned["message"]) => void summoned.push({ stage, message }),
    close: async () => {},
  };
}

const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";

export function newJobId(): string {
  return `job_${Array.from({ length: 26 }, () => ALPHABET[randomInt(ALPHABET.length)]).join("")}`;
}

async function acceptedJob(ledger: Ledger, clock: { now: number }, overrides: Partial<NewJob>) {
  const jobId = newJobId();
  await ledger.jobs.accept({
    jobId,
    // A tenant for each job, so that its totals can be read alone.
    tenant: jobId,
    fingerprint: "f",
    request: {
      model: "auto",
      maxOutputTokens: null,
      maxCostUsd: null,
      onUnknown: "retry",
      priority: "normal",
      metadata: {},
    },
    createdAt: clock.now,
    deadlineAt: clock.now + 3_600_000,
    promptChunks: 1,
    promptBytes: 1,
    attentionAt: clock.now + STALE_MS,
    ...overrides,
  });
  return (await ledger.jobs.read(jobId)) as JobRow;
}

export const DECISION = {
  class: "SIMPLE" as const,
  confidence: 1,
  strategy: "local",
  strategy_version: "1",
  reasons: [],
  candidates: [],
  cost_usd: "0",
  ms: 0,
  baseline: { model: "strong", price: { ...PRICE, inputPicoUsd: 30n, outputPicoUsd: 70n } },
};

async function claimedCall(ledger: Ledger, clock: { now: number }, jobId: string): Promise<NewIntent> {
  let job = (await ledger.jobs.read(jobId)) as JobRow;
  if (job.modelId === undefined)
    job = (await ledger.jobs.classified(job, DECISION, { modelId: "sim-small" })) as JobRow;
  const claimId = newJobId();
  const claimed = (await ledger.jobs.claim(job, { claimId, claimUntil: clock.now + 10_000 })) as JobRow;
  const intent: NewIntent = {
    jobId,
    n: claimed.attempts,
    generation: claimed.generation,
    kind: "invoke",
    claimId,
    modelId: "sim-small",
    providerId: "simulated",
    tenant: job.tenant,
    class: "SIMPLE",
    ...(job.tags === undefined ? {} : { tags: job.tags }),
    startedAt: clock.now,
    leaseUntil: clock.now + 40_000,
    price: PRICE,
    maxCostPicoUsd: 1_000n,
  };
  await ledger.attempts.intend(intent);
  return intent;
}

/** Makes a job's row one that nobody can read, by the protocol itself. */
export async function breakJob({ table }: World, { jobId }: Pick<JobRow, "jobId">): Promise<void> {
  const credential =
    "Credential=test/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0";
  const response = await fetch(table.endpoint, {
    method: "POST",
    headers: {
      "content-type": "application/x-amz-json-1.0",
      "x-amz-target": "DynamoDB_20120810.UpdateItem",
      "x-amz-date": "20260101T000000Z",
      authorization: `AWS4-HMAC-SHA256 ${credential}`,
    },
    body: JSON.stringify({
      ...{ TableName: table.tableName, Key: { pk: { S: `J#${jobId}` }, sk: { S: "job" } } },
      ...{ UpdateExpression: "SET #s = :odd", ExpressionAttributeNames: { "#s": "status" } },
      ExpressionAttributeValues: { ":odd": { S: "odd" } },
    }),
  });
  if (!response.ok) throw new Error(await response.text());
}
