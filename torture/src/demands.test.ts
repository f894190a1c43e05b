import { expect, it } from "vitest";
import { demand } from "./demands.ts";
import type { StoredJob } from "./harness/evidence.ts";
import { SCENARIOS, type Scenario } from "./scenarios.ts";

const SUCCEEDED = { status: "succeeded", failureCode: null };
const POISONED = { status: "failed", failureCode: "JOB_POISONED" };
const CUT_OFF = { status: "failed", failureCode: "OUTCOME_UNRESOLVED" };
const MEMORY = { cost: { first: 100, peak: 150, last: 120 }, redis: { first: 3, peak: 30, last: 4 } };

/** Two jobs, the second of which is poison that has killed twice. */
function outcomeOf(change: {
  jobs?: Pick<StoredJob, "status" | "failureCode">[];
  counts?: { extraCalls?: number; void?: number };
  deaths?: number;
  /** Calls of the first job that were cut off. */
  cutOff?: number;
  outOfOrder?: number;
  memory?: typeof MEMORY;
}): Parameters<typeof demand>[1] {
  const jobs = (change.jobs ?? [SUCCEEDED, POISONED]).map((job, n) => ({ jobId: `job ${n}`, ...job }));
  const attempts = Array.from({ length: change.cutOff ?? 0 }, () => ({
    jobId: "job 0",
    kind: "invoke",
    state: "unknown",
  }));
  const logs = Array.from({ length: change.deaths ?? 2 }, () => "killed by poison-read-7");
  const processes = [{ logs: () => logs }];
  const requests = { outOfOrder: () => change.outOfOrder ?? 0 };
  return {
    evidence: { jobs, attempts },
    counts: { extraCalls: 0, void: 0, unknown: 0, ...change.counts },
    poisoned: new Set(["job 1"]),
    system: { processes, client: { requests } },
    memory: change.memory ?? MEMORY,
  } as unknown as Parameters<typeof demand>[1];
}

const strict: Scenario = {
  ...SCENARIOS.poison,
  allows: { extraCalls: false, outOfOrder: false, failures: false, vainCalls: 10 },
};

it("nothing is asked for that was not broken", () => {
  expect(demand(strict, outcomeOf({}))).toEqual([]);
});

it.each([
  [{ jobs: [{ status: "failed", failureCode: "ATTEMPTS_EXHAUSTED" }, POISONED] }, /^job 0 ended as failed/],
  [{ jobs: [{ status: "expired", failureCode: null }, POISONED] }, /^job 0 ended as expired/],
  [{ jobs: [SUCCEEDED, SUCCEEDED] }, /^job 1 is poison and ended as succeeded/],
  [{ jobs: [CUT_OFF, POISONED], cutOff: 1 }, /^job 0 ended as failed \(OUTCOME_UNRESOLVED\)$/],
  [
    { jobs: [{ status: "failed", failureCode: "JOB_POISONED" }, POISONED], cutOff: 2 },
    /^job 0 ended as failed/,
  ],
  [{ deaths: 22 }, /^poison-read-7 killed 22 processes$/],
  [{ deaths: 0 }, /^no poison has killed anything$/],
  [{ counts: { extraCalls: 1 } }, /^1 calls were made again$/],
  [{ counts: { void: 11 } }, /^11 calls were in vain$/],
  [{ outOfOrder: 2 }, /^2 answers of 5xx$/],
  [{ memory: { ...MEMORY, cost: { first: 100, peak: 600, last: 100 } } }, /^cost took 600 MB/],
  [{ memory: { ...MEMORY, redis: { first: 3, peak: 30, last: 30 } } }, /^redis held 3 MB and holds 30 MB$/],
])("%o is told", (change, told) => {
  const problems = demand(strict, outcomeOf(change)).map(({ what }) => what);
  expect(problems).toEqual([expect.stringMatching(told)]);
});

it("a job that was on the wire at two deaths of others has failed by its policy", () => {
  expect(demand(strict, outcomeOf({ jobs: [CUT_OFF, POISONED], cutOff: 2 }))).toEqual([]);
});

it("a scenario that allows it is told of none of it", () => {
  const lax: Scenario = { ...strict, allows: SCENARIOS.mixed.allows };
  const failed = { status: "failed", failureCode: "ATTEMPTS_EXHAUSTED" };
  const change = { jobs: [failed, POISONED], counts: { extraCalls: 1, void: 11 }, outOfOrder: 2 };
  expect(demand(lax, outcomeOf(change))).toEqual([]);
});
