import { describe, expect, test } from "vitest";
import type { ArmJob } from "./rows.ts";
import { addToArm, noArms, savingsOf } from "./savings.ts";

const answered = (arm: "routed" | "holdout", costPicoUsd: bigint, baselinePicoUsd: bigint): ArmJob => ({
  ...{ arm, status: "succeeded", costPicoUsd, baselinePicoUsd, resultAttempt: 1, counted: [1] },
});
const failed = (costPicoUsd: bigint): ArmJob => ({
  arm: "routed",
  status: "failed",
  costPicoUsd,
  counted: [1],
});

function of(jobs: readonly ArmJob[]) {
  const arms = noArms();
  for (const job of jobs) addToArm(arms, job);
  return savingsOf(arms);
}

const NONE = {
  ...{ jobs: 0, spend_usd: "0", spend_per_job_usd: null, baseline_usd: "0" },
  ...{ open_jobs: 0, unpriced_jobs: 0, at_risk_jobs: 0 },
};

test("of no jobs nothing is said", () => {
  expect(of([])).toEqual({
    arms: { routed: NONE, holdout: NONE },
    modelled: { saved_usd: "0", saved_per_job_usd: null },
    measured: { saved_per_job_usd: null, low_usd: null, high_usd: null, has_too_few_jobs: true },
  });
});

test("what is modelled is of routed jobs, what is measured the difference of the means; jobs without an answer count in both", () => {
  const saved = of([
    ...[
      answered("routed", 1_000_000n, 10_000_000n),
      answered("routed", 3_000_000n, 30_000_000n),
      failed(2_000_001n),
    ],
    ...[answered("holdout", 25_000_000n, 25_000_000n), answered("holdout", 10_000_000n, 10_000_000n)],
  ]);
  expect(saved.modelled).toEqual({ saved_usd: "0.000033999999", saved_per_job_usd: "0.000011333333" });
  expect(saved.measured).toMatchObject({
    saved_per_job_usd: "0.0000155",
    low_usd: null,
    has_too_few_jobs: true,
  });
  expect(saved.arms.routed).toMatchObject({
    jobs: 3,
    spend_usd: "0.000006000001",
    spend_per_job_usd: "0.000002",
  });
});

test("from 30 jobs a side there is an interval, and a routing that costs more has one below zero", () => {
  const jobs = Array.from({ length: 30 }, (_, index) => [
    answered("routed", 50_000_000n + BigInt(index), 10_000_000n),
    answered("holdout", 10_000_000n + BigInt(index), 10_000_000n),
  ]).flat();
  const { modelled, measured } = of(jobs);
  expect(modelled.saved_per_job_usd).toBe("-0.000040000015");
  expect(measured).toEqual({
    ...{ saved_per_job_usd: "-0.00004", low_usd: "-0.000040000006", high_usd: "-0.000039999994" },
    has_too_few_jobs: false,
  });
});

describe("in no sum, and counted,", () => {
  test.each([
    ["one that has not ended", { status: "running" as const }, "open_jobs"],
    ["one with a call that has no price", { unpricedCalls: 1 }, "unpriced_jobs"],
    ["one whose baseline has no rate for the answer", { baselinePicoUsd: undefined }, "unpriced_jobs"],
  ])("is %s", (_, change, count) => {
    const { arms } = of([{ ...answered("routed", 1n, 2n), ...change }]);
    expect(arms).toEqual({ routed: { ...NONE, [count]: 1 }, holdout: NONE });
  });
});

test("a call that may have been billed leaves its job in, and is told until it is settled", () => {
  const job = { ...answered("holdout", 5n, 5n), counted: [1], countedAtRisk: [2] };
  expect(of([job]).arms.holdout).toMatchObject({ jobs: 1, at_risk_jobs: 1 });
  expect(of([{ ...job, counted: [1, 2] }]).arms.holdout).toMatchObject({ jobs: 1, at_risk_jobs: 0 });
});

test("a job that could not have been drawn is nowhere", () => {
  expect(of([{ ...answered("routed", 1n, 2n), arm: undefined }]).arms).toEqual({
    routed: NONE,
    holdout: NONE,
  });
});
