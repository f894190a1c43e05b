import type { NewIntent } from "@switchyard/shared/ledger";
import { createLogger, createMetrics, type Metrics } from "@switchyard/shared/telemetry";
import { expect, test } from "vitest";
import { count, factsOf, settlementOf } from "./record-outcome.ts";

const INTENT = {
  ...{ jobId: "j", n: 2, modelId: "m", class: "SIMPLE", kind: "invoke", maxCostPicoUsd: 100n },
  price: { id: "p", bookVersion: "1", inputPicoUsd: 10n, outputPicoUsd: 20n },
} as NewIntent;
const USAGE = {
  inputTokens: 3,
  cachedInputTokens: 0,
  cacheWriteTokens: 0,
  outputTokens: 4,
  reasoningTokens: 0,
};
const ANSWER = {
  ...{ kind: "settled" as const, text: "t", finishReason: "stop", model: "m-1", usage: USAGE },
  ...{ rawUsage: "{}", estimate: null, usageNotes: [], serviceTier: null, providerRequestId: "r" },
};

async function counted(answer: Parameters<typeof settlementOf>[1]): Promise<Record<string, number>> {
  const metrics: Metrics = createMetrics("test");
  count({ metrics, log: createLogger("test", "silent") }, INTENT, settlementOf(INTENT, answer));
  const { usageNotes, callsOverBound, estimatedCalls, unpricedCalls, tokens } = metrics;
  const read = { usageNotes, callsOverBound, estimatedCalls, unpricedCalls, tokens };
  const sums = Object.entries(read).map(async ([name, metric]) => {
    const { values } = await metric.get();
    return [name, values.reduce((sum, { value }) => sum + value, 0)] as const;
  });
  return Object.fromEntries((await Promise.all(sums)).filter(([, sum]) => sum > 0));
}

test("a call that cost more than its bound is booked as measured, and told of", async () => {
  // 3 × 10 + 4 × 20 are 110, and 100 was thought to be the most.
  expect(settlementOf(INTENT, ANSWER).costPicoUsd).toBe(110n);
  expect(await counted(ANSWER)).toEqual({ callsOverBound: 1, tokens: 7 });
  const cheaper = { ...ANSWER, usage: { ...USAGE, inputTokens: 2 } };
  expect(await counted(cheaper)).toEqual({ tokens: 6 });
});

test("an estimate is counted as one, and neither as tokens nor as money", async () => {
  const answer = { ...ANSWER, rawUsage: null, estimate: "utf8-bytes/3" };
  expect(await counted(answer)).toEqual({ estimatedCalls: 1 });
  expect(factsOf(INTENT, answer)).toMatchObject({ n: 2, usage: USAGE, estimate: "utf8-bytes/3" });
});

test("what was odd about a usage is counted, and kept", async () => {
  const answer = {
    ...ANSWER,
    usage: { ...USAGE, cachedInputTokens: 1, inputTokens: 0 },
    usageNotes: ["cached_over_prompt" as const],
  };
  expect(await counted(answer)).toEqual({ usageNotes: 1, unpricedCalls: 1, tokens: 5 });
  expect(settlementOf(INTENT, answer)).toMatchObject({
    usageNotes: ["cached_over_prompt"],
    unpriced: "cachedInput",
  });
  expect(factsOf(INTENT, answer)).toMatchObject({ usageNotes: ["cached_over_prompt"] });
});

test("the tier that served a call rides with what it took", () => {
  const answer = { ...ANSWER, serviceTier: "flex" };
  // The price has no rates for it, and none are guessed.
  expect(settlementOf(INTENT, answer)).toMatchObject({ serviceTier: "flex", unpriced: "input,output" });
  expect(factsOf(INTENT, answer)).toMatchObject({ serviceTier: "flex" });
  expect(factsOf(INTENT, ANSWER)).not.toHaveProperty("serviceTier");
});
