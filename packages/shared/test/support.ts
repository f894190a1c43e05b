import { randomInt } from "node:crypto";
import { testDynamodb, uniquePrefix } from "@switchyard/testkit";
import type { Usage } from "../src/contracts/index.ts";
import {
  type JobRow,
  type Ledger,
  type LedgerOptions,
  type NewIntent,
  type NewJob,
  openLedger,
  type Settlement,
  type StoredDecision,
} from "../src/ledger/index.ts";
import { openStore, type Store } from "../src/ledger/store.ts";

// The client wants credentials to sign with; the emulator takes any.
process.env.AWS_ACCESS_KEY_ID ??= "test";
process.env.AWS_SECRET_ACCESS_KEY ??= "test";

export interface TestLedger extends Ledger {
  options: LedgerOptions;
  /** The table below the ledger. */
  store: Store;
  [Symbol.asyncDispose]: () => Promise<void>;
}

/** A ledger on a table of its own. `sharing` opens a second one on the table of another. */
export async function usingLedger(
  options: Partial<LedgerOptions> & { sharing?: TestLedger } = {},
): Promise<TestLedger> {
  const { sharing, ...rest } = options;
  const dynamodb = await testDynamodb();
  const whole: LedgerOptions = {
    tableName: sharing?.options.tableName ?? uniquePrefix("ledger"),
    region: "us-east-1",
    endpoint: sharing?.options.endpoint ?? dynamodb.url,
    ...rest,
  };
  const ledger = openLedger(whole);
  const store = openStore(whole);
  if (sharing === undefined) await ledger.createTable();
  return {
    ...ledger,
    options: whole,
    store,
    async [Symbol.asyncDispose]() {
      store.close();
      ledger.close();
      await dynamodb.stop();
    },
  };
}

const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";

export function newJobId(): string {
  return `job_${Array.from({ length: 26 }, () => ALPHABET[randomInt(ALPHABET.length)]).join("")}`;
}

export function newJob(overrides: Partial<NewJob> = {}): NewJob {
  const createdAt = overrides.createdAt ?? 1_800_000_000_000;
  return {
    jobId: newJobId(),
    tenant: "acme",
    fingerprint: "f".repeat(64),
    request: {
      model: "auto",
      maxOutputTokens: null,
      maxCostUsd: null,
      onUnknown: "retry",
      priority: "normal",
      metadata: {},
    },
    createdAt,
    deadlineAt: createdAt + 60_000,
    promptChunks: 1,
    promptBytes: 5,
    attentionAt: createdAt + 30_000,
    ...overrides,
  };
}

export async function acceptedJob(ledger: Ledger, overrides: Partial<NewJob> = {}): Promise<JobRow> {
  const job = newJob(overrides);
  const row = await ledger.jobs.accept(job);
  if (row === null) throw new Error(`${job.jobId} exists`);
  return row;
}

export const PRICE = {
  id: "simulated/sim-small",
  bookVersion: "1",
  inputPicoUsd: 150_000n,
  outputPicoUsd: 600_000n,
};

export function newIntent(overrides: Partial<NewIntent> = {}): NewIntent {
  return {
    jobId: newJobId(),
    n: 1,
    generation: 1,
    kind: "invoke",
    claimId: "claim",
    modelId: "sim-small",
    providerId: "simulated",
    tenant: "acme",
    class: "SIMPLE",
    startedAt: 1_800_000_000_000,
    leaseUntil: 1_800_000_040_000,
    price: PRICE,
    maxCostPicoUsd: 10n ** 12n,
    ...overrides,
  };
}

export function usageOf(inputTokens: number, outputTokens: number): Usage {
  return { inputTokens, cachedInputTokens: 0, cacheWriteTokens: 0, outputTokens, reasoningTokens: 0 };
}

export function settlementOf(costPicoUsd: bigint): Settlement {
  return { usage: usageOf(10, 2), costPicoUsd, providerRequestId: "request", resultChunks: 1 };
}

export const DECISION: StoredDecision = {
  class: "SIMPLE",
  confidence: 0.9,
  strategy: "local",
  strategy_version: "1",
  reasons: ["short"],
  candidates: [{ model: "sim-small", expected_cost_usd: "0.0001", rejected_because: null }],
  cost_usd: "0",
  ms: 0.2,
  baseline: { model: "sim-large", price: PRICE },
};
