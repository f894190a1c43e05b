import type { Evidence, StoredAttempt, StoredTokens } from "../evidence.ts";
import { newlyTold } from "../told-job.ts";

export const TOKENS: StoredTokens = {
  inputTokens: 8,
  cachedInputTokens: 2,
  cacheWriteTokens: 0,
  outputTokens: 5,
};
export const COST = 4_350_000n;
const IN_TIME = { deadlineAtMs: 10, movedAtMs: 5, failureCode: null };
const TEXT = "a".repeat(64);

export const settled = (jobId: string, n: number): StoredAttempt => ({
  ...{
    jobId,
    n,
    generation: 1,
    kind: "invoke",
    state: "settled",
    modelId: "sim-small",
    hasAnswer: true,
    isLate: false,
  },
  tokens: { ...TOKENS },
  costPicoUsd: COST,
});
export const closed = (jobId: string, n: number, state: string): StoredAttempt => ({
  ...{
    jobId,
    n,
    generation: 1,
    kind: "invoke",
    state,
    modelId: "sim-small",
    hasAnswer: false,
    isLate: false,
  },
  tokens: null,
  costPicoUsd: null,
});

/** Three jobs: one answered at once, one after an unknown that was billed, one that failed after a refusal. */
export function sound(): Evidence {
  const told = (jobId: string, end: string) => ({
    ...newlyTold(jobId, `key of ${jobId}`, {}),
    ends: [end],
    endedAtMs: 5,
    textSha256: end === "succeeded" ? TEXT : null,
  });
  const billed = (jobId: string, n: number) => ({
    attemptId: `${jobId}.${n}`,
    jobId,
    requestId: `request ${jobId}.${n}`,
    model: "sim-small",
    wire: "openai" as const,
    inputTokens: 10,
    cachedInputTokens: 2,
    outputTokens: 5,
    costPicoUsd: COST.toString(),
    startedAtMs: 1,
    endedAtMs: 2,
    promptSha256: "b".repeat(64),
    answerSha256: TEXT,
  });
  return {
    told: [told("one", "succeeded"), told("two", "succeeded"), told("three", "failed")],
    jobs: [
      { jobId: "one", status: "succeeded", resultAttempt: 1, costPicoUsd: COST, claims: 1, ...IN_TIME },
      { jobId: "two", status: "succeeded", resultAttempt: 2, costPicoUsd: COST, claims: 2, ...IN_TIME },
      { jobId: "three", status: "failed", resultAttempt: null, costPicoUsd: 0n, claims: 1, ...IN_TIME },
    ],
    attempts: [settled("one", 1), closed("two", 1, "unknown"), settled("two", 2), closed("three", 1, "void")],
    totals: [
      {
        key: "T#tenant#day sim-small#SIMPLE#invoke#bucket",
        modelId: "sim-small",
        calls: 2,
        tokens: { ...TOKENS, inputTokens: 16, cachedInputTokens: 4, outputTokens: 10 },
        costPicoUsd: 2n * COST,
        applied: 2,
      },
    ],
    bill: [billed("one", 1), billed("two", 1), billed("two", 2)],
    jobsWithCallsAtOnce: [],
    queueKeys: [],
    strayDeaths: [],
    leaks: [],
    callerProblems: [],
  };
}

/** Replaces the n-th element of a list. */
export function at<Value>(list: readonly Value[], n: number, change: Partial<Value>): Value[] {
  return list.map((value, index) => (index === n ? { ...value, ...change } : value));
}
