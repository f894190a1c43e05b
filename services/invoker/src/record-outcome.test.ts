import type { NewIntent } from "@switchyard/shared/ledger";
import { expect, test } from "vitest";
import { factsOf, settlementOf } from "./record-outcome.ts";

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

test("a call that cost more than its bound is booked as measured", () => {
  // 3 × 10 + 4 × 20 are 110, and 100 was thought to be the most.
  expect(settlementOf(INTENT, ANSWER).costPicoUsd).toBe(110n);
});

test("an estimate rides as one with what it is of", () => {
  const answer = { ...ANSWER, rawUsage: null, estimate: "utf8-bytes/3" };
  expect(factsOf(INTENT, answer)).toMatchObject({ n: 2, usage: USAGE, estimate: "utf8-bytes/3" });
});

test("what was odd about a usage is kept", () => {
  const answer = {
    ...ANSWER,
    usage: { ...USAGE, cachedInputTokens: 1, inputTokens: 0 },
    usageNotes: ["cached_over_prompt" as const],
  };
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
