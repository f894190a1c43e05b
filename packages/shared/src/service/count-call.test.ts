import { expect, test } from "vitest";
import { bookingOf, type NewIntent } from "../ledger/index.ts";
import { createLogger, createMetrics } from "../telemetry/index.ts";
import { countCall, startCallsAtZero } from "./count-call.ts";

const PRICE = { id: "p", bookVersion: "1", inputPicoUsd: 10n, outputPicoUsd: 20n };
const CALL = {
  ...{ jobId: "j", n: 2, modelId: "m", class: "SIMPLE", kind: "invoke", maxCostPicoUsd: 100n },
  ...{ tenant: "acme", price: PRICE },
} as NewIntent;
const USAGE = {
  ...{ inputTokens: 3, cachedInputTokens: 0, cacheWriteTokens: 0 },
  ...{ outputTokens: 4, reasoningTokens: 0 },
};
const TENANT_CLASSES = { names: ["inner", "other"], byTenant: new Map([["acme", "inner"]]) };

type Taken = Parameters<typeof bookingOf>[1] & { usageNotes?: string[] };

/** The counters that are above 0 after one call, each with its sum over all labels. */
async function counted({ usageNotes, ...taken }: Taken): Promise<Record<string, number>> {
  const metrics = createMetrics("test");
  const options = {
    metrics,
    log: createLogger("test", "silent"),
    catalogue: { tenantClasses: TENANT_CLASSES },
  };
  countCall(options, CALL, {
    ...bookingOf(PRICE, taken),
    ...(usageNotes === undefined ? {} : { usageNotes }),
  });
  const { callsOverBound, estimatedCalls, unpricedCalls, tokens, unpricedTokens } = metrics;
  const read = {
    usageNotes: metrics.usageNotes,
    callsOverBound,
    estimatedCalls,
    unpricedCalls,
    tokens,
    unpricedTokens,
  };
  const sums = Object.entries(read).map(async ([name, metric]) => {
    const { values } = await metric.get();
    return [name, values.reduce((sum, { value }) => sum + value, 0)] as const;
  });
  return Object.fromEntries((await Promise.all(sums)).filter(([, sum]) => sum > 0));
}

test("a call that cost more than its bound is counted as measured, and told of", async () => {
  // 3 × 10 + 4 × 20 are 110, and 100 was thought to be the most.
  expect(await counted({ usage: USAGE })).toEqual({ callsOverBound: 1, tokens: 7 });
  expect(await counted({ usage: { ...USAGE, inputTokens: 2 } })).toEqual({ tokens: 6 });
});

test("an estimate is counted as one, and neither as tokens nor as money", async () => {
  expect(await counted({ usage: USAGE, estimate: "utf8-bytes/3" })).toEqual({ estimatedCalls: 1 });
});

test("all tokens of a call without a cost are counted as unpriced, and what was odd about its usage", async () => {
  const usage = { ...USAGE, cachedInputTokens: 1, inputTokens: 0 };
  expect(await counted({ usage, usageNotes: ["cached_over_prompt"] })).toEqual({
    ...{ usageNotes: 1, unpricedCalls: 1 },
    ...{ tokens: 5, unpricedTokens: 5 },
  });
});

test("the cost of a call is counted under the class of its tenant, all others under one, and each from 0 on", async () => {
  const metrics = createMetrics("test");
  const classifier = { llm: { modelId: "judge" } };
  const catalogue = { tenantClasses: TENANT_CLASSES, classifier };
  startCallsAtZero({ catalogue, metrics }, ["m", "judge"]);
  const options = { metrics, log: createLogger("test", "silent"), catalogue };
  const costs = async () => (await metrics.costUsd.get()).values;
  // Three classes, two of tenants; the model that judges has both kinds of calls.
  expect((await costs()).map(({ value }) => value)).toEqual(Array.from({ length: 18 }, () => 0));
  for (const tenant of ["acme", "t-1", "t-2"])
    countCall(options, { ...CALL, tenant }, { usage: USAGE, costPicoUsd: 50_000_000_000n });
  expect(await costs()).toHaveLength(18);
  expect((await costs()).filter(({ value }) => value > 0)).toMatchObject([
    { labels: { model: "m", class: "SIMPLE", kind: "invoke", tenant_class: "inner" }, value: 0.05 },
    { labels: { model: "m", class: "SIMPLE", kind: "invoke", tenant_class: "other" }, value: 0.1 },
  ]);
});
