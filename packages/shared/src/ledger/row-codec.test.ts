import { randomUUID } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  ARMS,
  CONSULT_FAILURES,
  FALLBACK_REASONS,
  GATE_REASONS,
  HOLD_REASONS,
  JOB_CLASSES,
  JOB_STATUSES,
  NO_ROOM_CAUSES,
  PRIORITIES,
} from "../contracts/index.ts";
import { count, pico, price, text, usage } from "./__fixtures__/arbitrary-money.ts";
import { attemptKey, jobKey, tenantShard, tenantSort } from "./keys.ts";
import { attemptAttributes, jobAttributes, readAttempt, readJob, storedName } from "./row-codec.ts";
import { ATTEMPT_STATES, AttemptRow, JobRow } from "./rows.ts";
import type { StoredItem } from "./store-requests.ts";
import { fromWire, toWire } from "./wire.ts";

const jobId = `job_${"0".repeat(26)}`;
const words = fc.array(text, { maxLength: 4 });
/** What is stored as bytes, and what only looks like it. */
const identity = fc.constantFrom("f".repeat(64), "F".repeat(64), "f".repeat(32), randomUUID(), "mine");
const error = fc.record({ code: text, message: text });
const maybe = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: null });

/** In thousandths, as the classifier rounds them, and otherwise. */
const share = fc.oneof(
  fc.double({ min: 0, max: 1, noNaN: true }),
  fc.nat({ max: 1_000 }).map((whole) => whole / 1_000),
);
const gate = fc.record({
  asked: fc.boolean(),
  price_usd: text,
  expected_saving_usd: text,
  confidence: share,
  reason: fc.constantFrom(...GATE_REASONS),
});
const consult = fc.record(
  {
    modelId: text,
    endsAt: count,
    localClass: fc.constantFrom(...JOB_CLASSES),
    gate,
    n: count,
    answer: fc.constantFrom(...JOB_CLASSES),
    failure: fc.constantFrom(...CONSULT_FAILURES),
  },
  { requiredKeys: ["modelId", "endsAt", "localClass", "gate"] },
);
const inDecision = {
  class: fc.constantFrom(...JOB_CLASSES),
  confidence: share,
  strategy: text,
  strategy_version: text,
  reasons: words,
  candidates: fc.array(
    fc.record({
      model: text,
      expected_cost_usd: maybe(text),
      rejected_because: maybe(fc.oneof(text, fc.constantFrom("", "has no price", "dearer than m"))),
    }),
    { maxLength: 6 },
  ),
  cost_usd: text,
  ms: count,
  baseline: maybe(fc.record({ model: text, price })),
};
const decision = fc.record(
  {
    ...inDecision,
    judged_class: fc.constantFrom(...JOB_CLASSES),
    shadow: fc.record({
      version: text,
      model: text,
      class: fc.constantFrom(...JOB_CLASSES),
      saves_usd: text,
    }),
    probabilities: fc.record({ SIMPLE: share, CALCULATION: share, COMPLEX: share }),
    degraded: fc.constantFrom(...CONSULT_FAILURES),
    gate,
    holdout: fc.constant(true as const),
  },
  { requiredKeys: Object.keys(inDecision) as (keyof typeof inDecision)[] },
);
/** As the classifier makes them: the confidence is what the judged class gets. */
const usual = decision.map(({ probabilities: p, ...rest }) =>
  p === undefined ? rest : { ...rest, probabilities: p, confidence: p[rest.judged_class ?? rest.class] },
);

const keyId = fc.oneof(text, fc.stringMatching(/^k[0-9a-f]{16}$/));

const tags = fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), text, { noNullPrototype: true });

const job = fc.record(
  {
    jobId: fc.constant(jobId),
    tenant: fc.oneof(text, fc.constantFrom("#", "T#a#1", "a\nb")),
    fingerprint: identity,
    keyId,
    tags,
    traceparent: fc.oneof(text, fc.stringMatching(/^00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]$/)),
    status: fc.constantFrom(...JOB_STATUSES),
    dueStage: fc.constantFrom("classify" as const, "invoke" as const, "settle" as const),
    generation: count,
    version: count,
    createdAt: fc.nat({ max: 9_999_999_999_999 }),
    updatedAt: count,
    deadlineAt: count,
    request: fc.record(
      {
        model: text,
        maxOutputTokens: maybe(count),
        maxCostUsd: maybe(text),
        onUnknown: fc.constantFrom("retry" as const, "fail" as const),
        priority: fc.constantFrom(...PRIORITIES),
        metadata: fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), text, { noNullPrototype: true }),
        bounds: fc.record({
          min: maybe(fc.constantFrom(...JOB_CLASSES)),
          max: maybe(fc.constantFrom(...JOB_CLASSES)),
        }),
      },
      { requiredKeys: ["model", "maxOutputTokens", "maxCostUsd", "onUnknown", "priority", "metadata"] },
    ),
    promptChunks: count,
    promptBytes: count,
    attempts: count,
    sweeps: count,
    feedback: fc.record(
      {
        atMs: count,
        score: fc.double({ min: 0, max: 1, noNaN: true }),
        note: text,
        shouldHaveBeen: fc.constantFrom(...JOB_CLASSES),
      },
      { requiredKeys: ["atMs", "score"] },
    ),
    claimId: identity,
    claimUntil: count,
    consult,
    decision: fc.oneof(decision, usual),
    arm: fc.constantFrom(...ARMS),
    holdoutPpm: count,
    modelId: text,
    fallbacks: fc.array(
      fc.record({ from: text, to: text, reason: fc.constantFrom(...FALLBACK_REASONS), atMs: count }),
      { maxLength: 3 },
    ),
    held: fc.record(
      {
        reason: fc.constantFrom(...HOLD_REASONS),
        cause: fc.constantFrom(...NO_ROOM_CAUSES),
        ...{ budgetId: text, isOwn: fc.boolean(), resumeAt: count },
      },
      { requiredKeys: ["reason"] },
    ),
    reservedPicoUsd: pico,
    failure: error,
    resultAttempt: count,
    costPicoUsd: pico,
    baselinePicoUsd: pico,
    unpricedCalls: count,
    counted: fc.array(count),
    countedAtRisk: fc.array(count),
    adjusted: fc.dictionary(fc.stringMatching(/^\d{1,3}$/), count, { noNullPrototype: true }),
    attentionAt: count,
    replayed: fc.record({ atMs: count, attemptsBefore: count }),
    discarded: fc.record({ atMs: count, reason: text }),
  } satisfies Record<keyof JobRow, unknown>,
  { noNullPrototype: true },
);

const place = fc.record({
  hour: fc.constantFrom("2026-01-31T23", "1970-01-01T00"),
  bucket: fc.stringMatching(/^[0-9a-f]{12}-\d{1,6}$/),
  slot: count,
});

const attempt = fc.record(
  {
    jobId: fc.constant(jobId),
    n: fc.integer({ min: 1, max: 20_000 }),
    generation: count,
    kind: fc.constantFrom("classify" as const, "invoke" as const),
    state: fc.constantFrom(...ATTEMPT_STATES),
    claimId: identity,
    modelId: text,
    providerId: text,
    tenant: text,
    class: fc.constantFrom(...JOB_CLASSES),
    startedAt: count,
    leaseUntil: count,
    endedAt: count,
    price,
    maxCostPicoUsd: pico,
    usage,
    rawUsage: text,
    usageNotes: fc.array(text),
    serviceTier: text,
    estimate: fc.record({ method: text, usage, costPicoUsd: pico }, { requiredKeys: ["method", "usage"] }),
    costPicoUsd: pico,
    unpriced: text,
    providerRequestId: text,
    responseModel: text,
    finishReason: text,
    isProbe: fc.boolean(),
    resultChunks: count,
    judged: fc.constantFrom(...JOB_CLASSES),
    error,
    keyId,
    tags,
    baselinePicoUsd: pico,
    isSuperseded: fc.boolean(),
    totalsPlace: place,
    riskPlace: place,
    // Its adjustments are rows of their own.
  } satisfies Record<keyof (typeof AttemptRow)["shape"], unknown>,
  { noNullPrototype: true },
);

function itemOf(row: JobRow) {
  return {
    ...jobKey(row.jobId),
    ...jobAttributes(row),
    tenantShard: tenantShard(row.tenant, row.jobId),
    tenantSort: tenantSort(row.createdAt, row.jobId),
  };
}

function overTheWire(item: StoredItem): StoredItem {
  return fromWire(toWire(item)) as StoredItem;
}

describe("a stored row", () => {
  test("of a job is read as it was written, every field of it", () => {
    fc.assert(
      fc.property(job, (row) => {
        expect(readJob(overTheWire(itemOf(row)))).toEqual(row);
      }),
    );
  });

  test("of an attempt is read as it was written, every field of it", () => {
    fc.assert(
      fc.property(attempt, (row) => {
        const item = { ...attemptKey(row.jobId, row.n), ...attemptAttributes(row) };
        expect(readAttempt(overTheWire(item))).toEqual(row);
      }),
    );
  });

  test("of an earlier release is read, whose price says less", () => {
    const [row] = fc.sample(attempt, 1);
    const item = { ...attemptKey("j", 1), ...attemptAttributes(row as AttemptRow) };
    const old = { ...item, price: '["p","1","5","7",null,"9"]' };
    const read = { id: "p", bookVersion: "1", inputPicoUsd: 5n, outputPicoUsd: 7n, cacheWritePicoUsd: 9n };
    expect(readAttempt(overTheWire(old)).price).toEqual(read);
  });

  test("has a name of its own for every field", () => {
    const names = new Set([...Object.keys(JobRow.shape), ...Object.keys(AttemptRow.shape)]);
    expect(new Set([...names].map(storedName)).size).toBe(names.size);
  });

  test.each([
    ["tenantShard", "acme", "tenant"],
    ["tenantSort", "yesterday", "createdAt"],
    ["req", '["auto",null,null,"perhaps",{}]', "request.3"],
    ["dec", "{", "decision: is not JSON"],
    ["dec", '["SIMPLE",1,"rules","1",[],"0",0,[["m",null,1]],["no"],null]', "decision.candidates.0"],
  ])("whose %s is %j is told to be wrong, never half understood", (name, value, where) => {
    const [row] = fc.sample(job, 1);
    const item = { ...itemOf(row as JobRow), [name]: value };
    const error = { code: "ROW_INVALID", message: expect.stringContaining(where) };
    expect(() => readJob(item)).toThrow(expect.objectContaining(error));
  });
});
