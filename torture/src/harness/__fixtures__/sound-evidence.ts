import type { Evidence, StoredAttempt, StoredTokens } from "../evidence.ts";
import { newlyTold } from "../told-job.ts";

export const TOKENS: StoredTokens = {
  inputTokens: 8,
  cachedInputTokens: 2,
  cacheWriteTokens: 0,
  outputTokens: 5,
};
export const COST = 4_350_000n;
const RISK = 90n;
const BASELINE = 5_000_000n;
const IN_TIME = { deadlineAtMs: 10, movedAtMs: 5, failureCode: null };
const TEXT = "a".repeat(64);

const CALL = {
  ...{ generation: 1, kind: "invoke", modelId: "sim-small", class: "SIMPLE", tenant: "acme" },
  ...{ place: null, riskPlace: null, isSuperseded: false, isLate: false },
  ...{ startedAtMs: 1, endedAtMs: 2 },
  ...{ maxCostPicoUsd: RISK, baselinePicoUsd: null, adjustedPicoUsd: null },
};
/** Hour and bucket of all places. */
const BUCKET = "2026-01-31T23/w-0";
export const settled = (jobId: string, n: number, slot: number): StoredAttempt => ({
  ...{ ...CALL, jobId, n, state: "settled", hasAnswer: true, place: `${BUCKET}/${slot}` },
  ...{ tokens: { ...TOKENS }, costPicoUsd: COST, baselinePicoUsd: BASELINE },
});
export const closed = (jobId: string, n: number, state: string): StoredAttempt => ({
  ...{ ...CALL, jobId, n, state, hasAnswer: false, tokens: null, costPicoUsd: null },
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
    attempts: [
      settled("one", 1, 0),
      { ...closed("two", 1, "unknown"), riskPlace: `${BUCKET}/1` },
      settled("two", 2, 2),
      closed("three", 1, "void"),
    ],
    adjustments: [],
    totals: [
      {
        key: "T#acme#2026-01-31#0 sim-small#simulated#SIMPLE#invoke#k#2026-01-31T23#w-0",
        ...{ tenant: "acme", day: "2026-01-31", model: "sim-small", class: "SIMPLE", team: "" },
        sums: {
          ...{ calls: 2n, answers: 2n, inputTokens: 16n, cachedInputTokens: 4n, outputTokens: 10n },
          ...{ costPicoUsd: 2n * COST, baselinePicoUsd: 2n * BASELINE, atRiskPicoUsd: RISK },
        },
        slots: [0, 1, 2],
      },
    ],
    bill: [billed("one", 1), billed("two", 1), billed("two", 2)],
    jobsWithCallsAtOnce: [],
    budgets: [],
    forgottenBytes: 0,
    successions: 0,
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
