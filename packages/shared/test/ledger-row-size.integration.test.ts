import { createHash, randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { watchLeaks } from "@switchyard/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loadCatalogue } from "../src/catalogue/index.ts";
import type { JobRow, StoredDecision } from "../src/ledger/index.ts";
import { attemptKey, type ItemKey, jobKey } from "../src/ledger/keys.ts";
import { formatUsd, readPriceBook } from "../src/pricing/index.ts";
import { acceptedJob, newIntent, type TestLedger, usageOf, usingLedger } from "./support.ts";

afterAll(watchLeaks());

/** A write is paid for in units of 1 KB of the whole row. */
const WRITE_UNIT_BYTES = 1_024;
const read = (name: string) => readFileSync(new URL(`../../../${name}`, import.meta.url), "utf8");
const PRICES = readPriceBook(read("prices.json"), "prices.json");

let ledger: TestLedger;

beforeAll(async () => {
  ledger = await usingLedger({ now: () => 1_873_456_789_123 });
});
afterAll(() => ledger[Symbol.asyncDispose]());

describe.each([
  ["the simulated models", { SIMULATOR_URL: "http://127.0.0.1:4010" }],
  ["OpenAI's models", { OPENAI_API_KEY: "k" }],
  ["DeepSeek's models", { DEEPSEEK_API_KEY: "k" }],
  ["Bedrock's models", { BEDROCK_REGION: "us-east-1" }],
])("with %s of the shipped catalogue", (_, environment) => {
  test("an ordinary job's row and its attempt's stay within one write unit through all their states", async () => {
    const sizes: Record<string, number> = {};
    async function weigh(state: string, key: ItemKey): Promise<void> {
      sizes[state] = sizeOf((await ledger.store.get(key)) ?? {});
    }
    const { decision, model } = decisionOf(environment);
    const accepted = await acceptedJob(ledger, {
      tenant: "default",
      fingerprint: createHash("sha256").update("x").digest("hex"),
      keyId: "k0123456789abcdef",
      createdAt: 1_873_456_789_123,
      deadlineAt: 1_873_543_189_123,
      attentionAt: 1_873_456_819_123,
      promptBytes: 12_345,
    });
    const key = jobKey(accepted.jobId);
    await weigh("accepted", key);
    const classified = (await ledger.jobs.classified(accepted, decision, { modelId: model.id })) as JobRow;
    await weigh("classified", key);
    const claim = { claimId: randomUUID(), claimUntil: 1_873_456_799_123 };
    const claimed = (await ledger.jobs.claim(classified, claim)) as JobRow;
    await weigh("claimed", key);
    const intent = newIntent({
      jobId: accepted.jobId,
      claimId: claim.claimId,
      modelId: model.id,
      providerId: model.providerId,
      tenant: "default",
      class: decision.class,
      keyId: "k0123456789abcdef",
      startedAt: 1_873_456_789_123,
      leaseUntil: 1_873_456_919_123,
      price: priceOf(model),
      maxCostPicoUsd: 123_456_789_123n,
    });
    await ledger.attempts.intend(intent);
    await weigh("intent", attemptKey(intent.jobId, 1));
    await ledger.attempts.settle(intent, {
      usage: usageOf(12_345, 1_234),
      rawUsage: RAW_USAGE,
      costPicoUsd: 12_345_678_912n,
      providerRequestId: randomUUID(),
      responseModel: model.providerModel,
      finishReason: "stop",
      resultChunks: 1,
      baselinePicoUsd: 123_456_789_123n,
    });
    await weigh("settled", attemptKey(intent.jobId, 1));
    const end = { costPicoUsd: 12_345_678_912n, baselinePicoUsd: 123_456_789_123n, counted: [1] };
    await ledger.jobs.end(claimed, { ...end, status: "succeeded", resultAttempt: 1 });
    await weigh("ended", key);
    expect(Object.entries(sizes).filter(([, bytes]) => bytes > WRITE_UNIT_BYTES)).toEqual([]);
    // The row was found each time: an item that is not there would weigh nothing.
    expect(Math.min(...Object.values(sizes))).toBeGreaterThan(200);
  });
});

/** The longest usage object there is, OpenAI's. */
const RAW_USAGE = JSON.stringify({
  prompt_tokens: 12_345,
  completion_tokens: 1_234,
  total_tokens: 13_579,
  prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
  completion_tokens_details: {
    reasoning_tokens: 0,
    audio_tokens: 0,
    accepted_prediction_tokens: 0,
    rejected_prediction_tokens: 0,
  },
});

/** A decision of the classifier: six reasons, which is the most there are, and not short ones. */
function decisionOf(environment: Record<string, string>) {
  const file = "switchyard.yaml";
  const catalogue = loadCatalogue({ text: read(file), file, priceIds: PRICES, environment });
  const active = [...catalogue.models.values()].filter((model) => model.isActive);
  const route = catalogue.routes.COMPLEX;
  const chosen = active.filter((model) => route.includes(model.id)).sort(byName)[0];
  const baseline = active.toSorted((a, b) => b.strength - a.strength)[0];
  if (chosen === undefined || baseline === undefined) throw new Error("no model is active");
  const reasons = ["1234 words", ...Array.from({ length: 5 }, (_, n) => `${n} asks to weigh or compare`)];
  const decision: StoredDecision = {
    class: "COMPLEX",
    confidence: 0.987,
    strategy: "local",
    strategy_version: "local-1",
    reasons,
    candidates: active.map((model) => {
      const { inputPicoUsd, outputPicoUsd } = priceOf(model);
      const against = route.includes(model.id)
        ? `dearer than ${chosen.id}`
        : "not in the route of this class";
      return {
        model: model.id,
        expected_cost_usd: formatUsd(4_567n * inputPicoUsd + 1_200n * outputPicoUsd),
        rejected_because: model === chosen ? null : against,
      };
    }),
    cost_usd: "0",
    ms: 12.345,
    baseline: { model: baseline.id, price: priceOf(baseline) },
    probabilities: { SIMPLE: 0.012, CALCULATION: 0.001, COMPLEX: 0.987 },
  };
  return { decision, model: chosen };
}

function byName(a: { id: string }, b: { id: string }): number {
  return b.id.length - a.id.length;
}

function priceOf(model: { priceId: string }) {
  const price = PRICES.find(model, Date.now());
  if (price === null) throw new Error(`${model.priceId} has no price`);
  return price;
}

/** Names in UTF-8 and values; a number takes a byte for two significant digits, and one more. */
function sizeOf(item: Record<string, unknown>): number {
  return Object.entries(item).reduce(
    (sum, [name, value]) => sum + Buffer.byteLength(name) + bytesOf(value),
    0,
  );
}

function bytesOf(value: unknown): number {
  if (typeof value === "string") return Buffer.byteLength(value);
  if (value instanceof Uint8Array) return value.length;
  if (typeof value !== "number" && typeof value !== "bigint") throw new Error(`what is ${String(value)}?`);
  return 1 + Math.ceil(value.toString().replace(/0+$/, "").length / 2);
}
