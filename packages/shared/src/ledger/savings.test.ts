import { describe, expect, test } from "vitest";
import { parseUsd } from "../pricing/index.ts";
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
  ...{ jobs: 0, answered_jobs: 0, spend_usd: "0", spend_per_job_usd: null, baseline_usd: "0" },
  ...{ open_jobs: 0, unpriced_jobs: 0, at_risk_jobs: 0 },
};

test("of no jobs nothing is said", () => {
  expect(of([])).toEqual({
    arms: { routed: NONE, holdout: NONE },
    modelled: { saved_usd: null, saved_per_job_usd: null },
    measured: {
      ...{ saved_per_job_usd: null, low_usd: null, high_usd: null },
      no_interval_because: "too_few_jobs",
    },
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
    no_interval_because: "too_few_jobs",
  });
  expect(saved.arms.routed).toMatchObject({
    ...{ jobs: 3, answered_jobs: 2 },
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
    no_interval_because: null,
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

describe("jobs whose cost is not known", () => {
  const scattered = (index: number) => BigInt(index % 7);
  const many = (count: number, of: (index: number) => ArmJob) =>
    Array.from({ length: count }, (_, index) => of(index));
  const dear = (arm: "routed" | "holdout") =>
    many(1_000, (index) => answered(arm, 100n + scattered(index), 100n + scattered(index)));

  test("do not turn the saving round: where easy jobs go to a server that states no usage, nothing is measured", () => {
    const easy = many(1_000, (index) => answered("holdout", 10n + scattered(index), 10n));
    const unstated = many(1_000, () => ({ ...answered("routed", 0n, 10n), unpricedCalls: 1 }));
    const { measured } = of([...dear("routed"), ...dear("holdout"), ...easy, ...unstated]);
    expect(measured).toEqual({
      ...{ saved_per_job_usd: null, low_usd: null, high_usd: null },
      no_interval_because: "costs_unknown",
    });
  });

  test.each([
    ["have not ended", { status: "running" as const }, 990],
    ["have no exact cost", { unpricedCalls: 1 }, 990],
    ["have a call that may have been billed", { countedAtRisk: [2] }, 980],
  ])("that %s may be 1 % of a side and no more", (_, change, others) => {
    const odd = many(10, () => ({ ...answered("holdout", 100n, 100n), ...change }));
    const of1000 = dear("holdout").slice(0, others + 10 - ("countedAtRisk" in change ? 0 : 10));
    expect(of([...dear("routed"), ...of1000, ...odd]).measured.no_interval_because).toBeNull();
    const more = [...odd, { ...answered("holdout", 100n, 100n), ...change }];
    expect(of([...dear("routed"), ...of1000, ...more]).measured.no_interval_because).toBe("costs_unknown");
  });
});

describe("where the share was changed within the time", () => {
  const drawn = (holdoutPpm: number, cost: bigint, of: number): ArmJob[] =>
    Array.from({ length: of }, (_, index) => ({
      ...answered(index % (1_000_000 / holdoutPpm) === 0 ? "holdout" : "routed", cost, cost),
      ...{ costPicoUsd: cost + BigInt(index % 7), holdoutPpm },
    }));

  test("no saving is made of what there is none of", () => {
    // A dear week, of which half is held out, after cheap ones of which a hundredth is: pooled, it would seem to save 700 a job.
    const { arms, measured } = of([...drawn(10_000, 10n, 10_000), ...drawn(500_000, 1_000n, 2_000)]);
    expect(arms).toMatchObject({ routed: { jobs: 10_900 }, holdout: { jobs: 1_100 } });
    expect(Math.abs(Number(parseUsd(measured.saved_per_job_usd ?? "none")))).toBeLessThanOrEqual(1);
    expect(parseUsd(measured.low_usd ?? "none")).toBeLessThanOrEqual(0n);
    expect(parseUsd(measured.high_usd ?? "none")).toBeGreaterThanOrEqual(0n);
  });

  test("each share needs enough jobs on both sides", () => {
    const { measured } = of([...drawn(500_000, 10n, 2_000), ...drawn(10_000, 10n, 200)]);
    expect(measured).toMatchObject({ low_usd: null, no_interval_because: "too_few_jobs" });
  });
});
