import { describe, expect, it, test } from "vitest";
import { at, COST, closed, sound } from "./__fixtures__/sound-evidence.ts";
import { check } from "./check.ts";
import type { Evidence } from "./evidence.ts";

type Doctor = (evidence: Evidence) => Partial<Evidence>;

const DOCTORED: [what: string, doctor: Doctor, told: RegExp][] = [
  [
    "an accepted job that is gone",
    ({ jobs }) => ({ jobs: jobs.slice(0, 2) }),
    /^three was accepted and is not/,
  ],
  [
    "a job that hangs",
    ({ jobs }) => ({ jobs: at(jobs, 2, { status: "running" }) }),
    /^three .* still running$/,
  ],
  [
    "two terminal states",
    ({ told }) => ({ told: at(told, 0, { ends: ["failed", "succeeded"] }) }),
    /^one .* 2 ter/,
  ],
  [
    "an end that changed",
    ({ told }) => ({ told: at(told, 0, { ends: ["failed"] }) }),
    /^one is succeeded and was/,
  ],
  ["a job of nobody", ({ told }) => ({ told: told.slice(1) }), /^one is stored, and no caller/],
  [
    "a call without a row",
    ({ attempts }) => ({ attempts: attempts.toSpliced(1, 1) }),
    /^two\.1 .* has no row$/,
  ],
  [
    "a billed void",
    ({ attempts }) => ({ attempts: at(attempts, 1, { state: "void" }) }),
    /^two\.1 .* row is void$/,
  ],
  [
    "a billed intent",
    ({ attempts }) => ({ attempts: at(attempts, 1, { state: "intent" }) }),
    /^two\.1 .* is intent$/,
  ],
  [
    "an open intent",
    ({ attempts }) => ({ attempts: at(attempts, 3, { state: "intent" }) }),
    /^three\.1 is still open$/,
  ],
  [
    "an amount off by one",
    ({ attempts }) => ({ attempts: at(attempts, 0, { costPicoUsd: COST + 1n }) }),
    /^one\.1 cost/,
  ],
  [
    "a bill off by one",
    ({ bill }) => ({ bill: at(bill, 0, { costPicoUsd: `${COST - 1n}` }) }),
    /^one\.1 cost/,
  ],
  [
    "a token too few",
    ({ bill }) => ({ bill: at(bill, 0, { outputTokens: 6 }) }),
    /^one\.1 took 10\/2\/5 .* 10\/2\/6$/,
  ],
  [
    "a row without tokens",
    ({ attempts }) => ({ attempts: at(attempts, 0, { tokens: null }) }),
    /^one\.1 took 0\/0\/0/,
  ],
  [
    "a call that was made twice",
    ({ bill }) => ({ bill: [...bill, ...bill.slice(0, 1)] }),
    /^one\.1 was billed twice$/,
  ],
  [
    "a row that nobody billed",
    ({ bill }) => ({ bill: bill.slice(1) }),
    /^one\.1 is settled and was not billed$/,
  ],
  ["a nameless call", ({ bill }) => ({ bill: at(bill, 0, { attemptId: null }) }), /^a call without a name/],
  [
    "two settled calls of one job",
    ({ attempts }) => ({ attempts: at(attempts, 1, { state: "settled" }) }),
    /^two has/,
  ],
  [
    "a job that costs too much",
    ({ jobs }) => ({ jobs: at(jobs, 2, { costPicoUsd: 1n }) }),
    /^three costs 1 and/,
  ],
  [
    "a job without its cost",
    ({ jobs }) => ({ jobs: at(jobs, 0, { costPicoUsd: null }) }),
    /^one costs null and/,
  ],
  [
    "another's answer",
    ({ told }) => ({ told: at(told, 0, { textSha256: "c".repeat(64) }) }),
    /^one answers something/,
  ],
  ["no answer", ({ told }) => ({ told: at(told, 0, { textSha256: null }) }), /^one answers something else/],
  [
    "a success of no call",
    ({ jobs }) => ({ jobs: at(jobs, 1, { resultAttempt: 1 }) }),
    /^two succeeded without/,
  ],
  [
    "totals counted twice",
    ({ totals }) => ({ totals: [...totals, ...totals] }),
    /^the totals of model sim-small are .* 4 calls/,
  ],
  ["totals that are gone", () => ({ totals: [] }), /^the totals of model sim-small are nothing/],
  [
    "totals of another model",
    ({ totals }) => ({ totals: at(totals, 0, { model: "sim-large" }) }),
    /^the totals of model sim-large are .* 2 calls/,
  ],
  [
    "a cancel of nobody's",
    ({ told, jobs }) => ({
      told: at(told, 2, { ends: ["cancelled"] }),
      jobs: at(jobs, 2, { status: "cancelled" }),
    }),
    /^three is cancelled and nobody asked/,
  ],
  [
    "a job that was given up untried",
    ({ jobs, attempts }) => ({ jobs: at(jobs, 2, { claims: 0 }), attempts: attempts.slice(0, 3) }),
    /^three failed before any call/,
  ],
  [
    "a job that expired too soon",
    ({ told, jobs }) => ({
      told: at(told, 2, { ends: ["expired"] }),
      jobs: at(jobs, 2, { status: "expired" }),
    }),
    /^three expired before its deadline$/,
  ],
  [
    "a job that expired after a call that may be paid for",
    ({ told, jobs, attempts }) => ({
      told: at(told, 2, { ends: ["expired"] }),
      jobs: at(jobs, 2, { status: "expired", movedAtMs: 11 }),
      attempts: at(attempts, 3, { state: "unknown" }),
    }),
    /^three expired and may have been paid for$/,
  ],
  [
    "an answer that was paid for and thrown away",
    ({ told, jobs }) => ({
      told: at(told, 0, { ends: ["failed"] }),
      jobs: at(jobs, 0, { status: "failed", resultAttempt: null }),
    }),
    /^one was answered in time and is failed$/,
  ],
  [
    "more unknown calls than are allowed",
    ({ attempts }) => ({
      attempts: [...attempts, closed("two", 3, "unknown"), closed("two", 4, "unknown")],
    }),
    /^two has 3 unknown calls$/,
  ],
  [
    "a second payment for who would have none",
    ({ told }) => ({ told: at(told, 1, { onUnknown: "fail" }) }),
    /^two may pay once and was billed 2 times$/,
  ],
  [
    "totals off by one",
    ({ totals }) => ({
      totals: at(totals, 0, { sums: { ...totals[0]?.sums, costPicoUsd: 2n * COST - 1n } }),
    }),
    /^the totals of model sim-small are/,
  ],
  [
    "totals under another class",
    ({ totals }) => ({ totals: at(totals, 0, { class: "COMPLEX" }) }),
    /^the totals of class SIMPLE are nothing/,
  ],
  [
    "totals of another tenant",
    ({ totals }) => ({ totals: at(totals, 0, { tenant: "other" }) }),
    /^the totals of tenant other are/,
  ],
  [
    "totals under another tag",
    ({ totals }) => ({ totals: at(totals, 0, { team: "core" }) }),
    /^the totals of team core are/,
  ],
  [
    "a job whose tag is lost on the way to its row",
    ({ told }) => ({ told: at(told, 0, { team: "core" }) }),
    /^the totals of team core are nothing/,
  ],
  [
    "totals of another day",
    ({ totals }) => ({ totals: at(totals, 0, { day: "2026-02-01" }) }),
    /^the totals of day 2026-02-01 are/,
  ],
  [
    "a saving that no row has",
    ({ attempts }) => ({ attempts: at(attempts, 0, { isSuperseded: true }) }),
    /^the totals of model sim-small are 2 answers.*; the rows are 1 answers/,
  ],
  [
    "a risk that is over",
    ({ totals }) => ({ totals: at(totals, 0, { sums: { ...totals[0]?.sums, atRiskPicoUsd: 0n } }) }),
    /the rows are .* 90 atRiskPicoUsd/,
  ],
  [
    "a bill of another model",
    ({ bill }) => ({ bill: at(bill, 0, { model: "sim-large" }) }),
    /^the bill of model sim-large are 4350000 costPicoUsd; the calls are nothing/,
  ],
  [
    "a call counted unmarked",
    ({ totals }) => ({ totals: at(totals, 0, { slots: [0, 2] }) }),
    /^bucket 2026-01-31T23#w-0 contains the slots 0 2; its rows have 0 1 2$/,
  ],
  ["calls side by side", () => ({ jobsWithCallsAtOnce: ["one"] }), /^one had two calls in flight at once$/],
  ["a queue job left behind", () => ({ queueKeys: ["{sw}:settle:active"] }), /^\{sw\}:settle:active is left/],
  [
    "a crash of its own",
    () => ({ strayDeaths: ["cost ended with exit code 1"] }),
    /^cost ended with exit code 1,/,
  ],
  [
    "an end long after the deadline",
    ({ jobs }) => ({ jobs: at(jobs, 0, { movedAtMs: 60_011 }) }),
    /^one ended 60001 ms too late$/,
  ],
  [
    "a call after a confirmed cancel",
    ({ told, jobs }) => ({ told: at(told, 0, { cancelledAtMs: 0 }), jobs }),
    /^one was called after its cancel/,
  ],
  ["a secret", () => ({ leaks: ["a pepper is in the log of cost"] }), /^a pepper is in the log of cost$/],
  [
    "what the caller must not see",
    () => ({ callerProblems: [{ invariant: "I14", what: "POST answered 500" }] }),
    /^POST answered 500$/,
  ],
];

describe("the checker", () => {
  it("finds nothing wrong where everything agrees", () => {
    expect(check(sound())).toEqual([]);
  });

  test.each(DOCTORED)("finds %s", (_what, doctor, told) => {
    const evidence = sound();
    const problems = check({ ...evidence, ...doctor(evidence) }).map(({ what }) => what);
    expect(problems).toContainEqual(expect.stringMatching(told));
  });
});
