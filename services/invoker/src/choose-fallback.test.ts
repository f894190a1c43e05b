import type { Catalogue, Model } from "@switchyard/shared/catalogue";
import { ERRORS, type ErrorCode } from "@switchyard/shared/errors";
import type { AttemptRow, JobRow } from "@switchyard/shared/ledger";
import type { PriceBook } from "@switchyard/shared/pricing";
import { describe, expect, test } from "vitest";
import { fallbackModels, fallbackReasonOf } from "./choose-fallback.ts";

const NONE = { context_window: [], content_refused: [], unavailable: [], default: [] };

function model(id: string, over: Partial<Model> = {}): Model {
  return {
    id,
    providerId: "sim",
    providerModel: id,
    priceId: id,
    isPriced: true,
    windowTokens: 8_000,
    maxOutputTokens: 10,
    timeoutMs: 60_000,
    concurrency: 4,
    limits: { requestsPerMinute: null, tokensPerMinute: null, inFlight: null },
    bytesPerToken: 4,
    strength: 10,
    fallbacks: NONE,
    isActive: true,
    inactiveBecause: null,
    ...over,
  };
}

function job(over: Partial<JobRow> = {}, maxCostUsd: string | null = null): JobRow {
  return {
    jobId: "job_7zk3m0q9x2v5b8n1c4d6f7g9h2",
    tenant: "acme",
    fingerprint: "f",
    status: "running",
    dueStage: "invoke",
    generation: 1,
    version: 3,
    createdAt: 0,
    updatedAt: 0,
    deadlineAt: 60_000,
    request: {
      model: "auto",
      maxOutputTokens: null,
      maxCostUsd,
      onUnknown: "retry",
      priority: "normal",
      metadata: {},
    },
    promptChunks: 1,
    promptBytes: 84,
    modelId: "a",
    attempts: 0,
    sweeps: 0,
    ...over,
  };
}

/** One pico-dollar a token each way, but for `dear`, which costs ten. */
const prices: PriceBook = {
  version: "1",
  has: () => true,
  find: ({ priceId: id }) => {
    const rate = id === "dear" ? 10n : 1n;
    return id === "unpriced" ? null : { id, bookVersion: "1", inputPicoUsd: rate, outputPicoUsd: rate };
  },
};

const ALLOW = { policy: "allow", cap: { input: "0.000001", output: "0.000001" } };

function chosen(models: readonly Model[], row: JobRow = job(), attempts: readonly AttemptRow[] = []) {
  const catalogue = {
    models: new Map(models.map((entry) => [entry.id, entry])),
    defaults: { deadlineMs: 60_000, maxOutputTokens: 10 },
    unpriced: { tenants: new Map([["allowed", ALLOW]]), others: { policy: "refuse", cap: null } },
  } as unknown as Catalogue;
  return fallbackModels(
    { catalogue, prices },
    { job: row, attempts },
    { reason: "unavailable", atMs: 0 },
  ).map(({ id }) => id);
}

const falls = (id: string, ...unavailable: string[]) => model(id, { fallbacks: { ...NONE, unavailable } });

describe("where a job goes that leaves its model", () => {
  test("the models of its list, in order, and of no other reason's", () => {
    const a = model("a", { fallbacks: { ...NONE, unavailable: ["c", "b"], default: ["d"] } });
    expect(chosen([a, model("b"), model("c"), model("d")])).toEqual(["c", "b"]);
  });

  test("never one that is not active, has no price, or whose window the prompt does not fit", () => {
    const a = falls("a", "off", "unpriced", "narrow", "b", "gone");
    const others = [
      model("off", { isActive: false }),
      model("unpriced"),
      model("narrow", { windowTokens: 37 }),
    ];
    expect(chosen([a, ...others, model("b")])).toEqual(["b"]);
  });

  test("never one that it was with before; behind its model's list come those of the models before", () => {
    const models = [falls("a", "b", "c"), falls("b", "a", "d"), model("c"), model("d")];
    const step = { from: "a", to: "b", reason: "unavailable" as const, atMs: 1 };
    expect(chosen(models, job({ modelId: "b", fallbacks: [step] }))).toEqual(["d", "c"]);
  });

  test("only one that is paid for by what the calls so far leave of max_cost_usd", () => {
    const models = [falls("a", "dear", "b"), model("dear"), model("b")];
    // 84 bytes are 100 tokens at most: 101 pico-dollars with one token of answer, at `dear` 1,010.
    expect(chosen(models, job({}, "0.00000000101"))).toEqual(["dear", "b"]);
    expect(chosen(models, job({}, "0.000000001009"))).toEqual(["b"]);
    const unknown = { state: "unknown", maxCostPicoUsd: 909n } as AttemptRow;
    expect(chosen(models, job({}, "0.00000000101"), [unknown])).toEqual(["b"]);
    expect(chosen(models, job({}, "0.000000001009"), [unknown])).toEqual([]);
  });

  test("where models without a price may be called, they come behind every one that has a price", () => {
    const models = [falls("a", "unpriced", "dear", "b"), model("unpriced"), model("dear"), model("b")];
    expect(chosen(models, job({ tenant: "allowed" }))).toEqual(["dear", "b", "unpriced"]);
    expect(chosen(models)).toEqual(["dear", "b"]);
  });

  test("nowhere for a job that named its model", () => {
    const named = job();
    const request = { ...named.request, model: "a" };
    expect(chosen([falls("a", "b"), model("b")], { ...named, request })).toEqual([]);
  });
});

test("only refusals that another model may not share are reasons; what may have been paid, or stops us, is none", () => {
  const reasons = (Object.keys(ERRORS) as ErrorCode[]).flatMap((code) => {
    const reason = fallbackReasonOf(code);
    return reason === null ? [] : [[code, reason]];
  });
  expect(Object.fromEntries(reasons)).toEqual({
    WINDOW_EXCEEDED: "context_window",
    CONTENT_FILTERED: "content_refused",
    ATTEMPTS_EXHAUSTED: "unavailable",
    PROVIDER_REFUSED: "default",
    PRICE_UNKNOWN: "default",
    COST_LIMIT_EXCEEDED: "default",
  });
});
