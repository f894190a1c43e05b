import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { JOB_STATUSES, type JobStatus, TERMINAL_STATUSES } from "../contracts/index.ts";
import { ATTEMPT_STATES, type AttemptRow, type JobRow } from "./rows.ts";
import {
  answeredAttempt,
  consultOutcomeOf,
  isClaimPending,
  type JobView,
  pendingConsult,
  verdictOf,
} from "./states.ts";

const NOW = 1_000_000;
const FAILURE = { code: "PROVIDER_REFUSED", message: "refused" };

function job(over: Partial<JobRow> = {}): JobRow {
  return {
    jobId: "job_7zk3m0q9x2v5b8n1c4d6f7g9h2",
    tenant: "acme",
    fingerprint: "f",
    status: "running",
    dueStage: "settle",
    generation: 1,
    version: 3,
    createdAt: NOW - 5_000,
    updatedAt: NOW - 1_000,
    deadlineAt: NOW + 60_000,
    request: {
      model: "auto",
      maxOutputTokens: null,
      maxCostUsd: null,
      onUnknown: "retry",
      priority: "normal",
      metadata: {},
    },
    promptChunks: 1,
    promptBytes: 10,
    attempts: 0,
    sweeps: 0,
    ...over,
  };
}

function attempt(over: Partial<AttemptRow> = {}): AttemptRow {
  return {
    jobId: "job_7zk3m0q9x2v5b8n1c4d6f7g9h2",
    n: 1,
    generation: 1,
    kind: "invoke",
    state: "settled",
    claimId: "c",
    modelId: "sim-small",
    providerId: "sim",
    tenant: "acme",
    class: "SIMPLE",
    startedAt: NOW - 2_000,
    leaseUntil: NOW + 30_000,
    price: { id: "p", bookVersion: "1", inputPicoUsd: 1n, outputPicoUsd: 1n },
    maxCostPicoUsd: 100n,
    ...over,
  };
}

const answered = (over: Partial<AttemptRow> = {}) => attempt({ resultChunks: 1, ...over });
const verdict = (jobOver: Partial<JobRow>, ...attempts: AttemptRow[]) =>
  verdictOf({ job: job({ attempts: attempts.length, ...jobOver }), attempts }, NOW);

describe("how a job ends", () => {
  test("an answer that was paid for is the job's success, and its result", () => {
    const attempts = [attempt({ n: 1, state: "void" }), answered({ n: 2 })];
    expect(verdict({}, ...attempts)).toEqual({ end: "succeeded", resultAttempt: 2 });
  });

  test("an answer counts even after the deadline, and even if the job was given up meanwhile", () => {
    expect(verdict({ deadlineAt: NOW - 1 }, answered())).toEqual({ end: "succeeded", resultAttempt: 1 });
    expect(verdict({ failure: FAILURE }, answered())).toEqual({ end: "succeeded", resultAttempt: 1 });
  });

  test("an accepted cancel wins over an answer, a failure and the deadline", () => {
    const cancelling = { status: "cancelling", failure: FAILURE, deadlineAt: NOW - 1 } as const;
    expect(verdict(cancelling, answered())).toEqual({ end: "cancelled" });
  });

  test("a job that was given up has failed, whatever time is left", () => {
    expect(verdict({ failure: FAILURE }, attempt({ state: "void" }))).toEqual({ end: "failed" });
  });

  test("an answer that was paid for and could not be stored is told as lost, not called again", () => {
    expect(verdict({}, attempt())).toMatchObject({ end: "failed", failure: { code: "RESULT_LOST" } });
  });

  test("a paid judgement is no answer: the job goes on", () => {
    expect(verdict({}, attempt({ kind: "classify" }))).toEqual({ leave: "not due" });
  });

  test("the answer of an earlier generation is not the answer of this one", () => {
    expect(verdict({ generation: 2 }, answered())).toEqual({ leave: "not due" });
  });

  test("what an earlier generation lost is not lost by this one", () => {
    expect(verdict({ generation: 2 }, attempt())).toEqual({ leave: "not due" });
  });

  test("a replayed job whose deadline passes has failed if anything was ever paid for it", () => {
    const failed = { end: "failed", failure: { code: "DEADLINE_PASSED" } };
    expect(verdict({ generation: 2, deadlineAt: NOW }, attempt())).toMatchObject(failed);
    expect(verdict({ generation: 2, deadlineAt: NOW }, attempt({ state: "void" }))).toEqual({
      end: "expired",
    });
  });

  test("a job whose deadline passes before anything was paid has expired", () => {
    expect(verdict({ deadlineAt: NOW })).toEqual({ end: "expired" });
    expect(verdict({ deadlineAt: NOW }, attempt({ state: "void" }))).toEqual({ end: "expired" });
    expect(verdict({ deadlineAt: NOW + 1 })).toEqual({ leave: "not due" });
  });

  test("a job whose deadline passes after a call that may have been paid has failed", () => {
    const failed = { end: "failed", failure: { code: "DEADLINE_PASSED" } };
    expect(verdict({ deadlineAt: NOW }, attempt({ state: "unknown" }))).toMatchObject(failed);
  });
});

describe("what keeps a job from ending", () => {
  const wantsToEnd = { status: "cancelling", failure: FAILURE, deadlineAt: NOW - 1 } as const;

  test("an open intent, until its lease; even one that has lapsed is somebody's to mark", () => {
    expect(verdict(wantsToEnd, attempt({ state: "intent" }))).toEqual({ waitUntil: NOW + 30_000 });
    const lapsed = attempt({ state: "intent", leaseUntil: NOW - 1 });
    expect(verdict(wantsToEnd, lapsed)).toEqual({ waitUntil: NOW - 1 });
  });

  test("a claim without its intent row, until the claim lapses", () => {
    const claimed = { ...wantsToEnd, attempts: 1, claimId: "c" };
    expect(verdict({ ...claimed, claimUntil: NOW + 5_000 })).toEqual({ waitUntil: NOW + 5_000 });
    expect(verdict({ ...claimed, claimUntil: NOW })).toEqual({ end: "cancelled" });
  });

  test("a claim whose row is there is judged by the row", () => {
    const claimed = { ...wantsToEnd, attempts: 1, claimId: "c", claimUntil: NOW + 5_000 };
    expect(verdict(claimed, attempt({ state: "void" }))).toEqual({ end: "cancelled" });
  });
});

describe("a consultation", () => {
  const gate = {
    asked: true,
    price_usd: "0",
    expected_saving_usd: "0",
    confidence: 0,
    reason: "pays",
  } as const;
  const consult = { modelId: "judge", endsAt: NOW, localClass: "SIMPLE", gate } as const;
  const due = { status: "queued", dueStage: "invoke", consult } as const;

  test("is under way until it has an outcome, the job a model, or somebody wants the job's end", () => {
    expect(pendingConsult(job(due))).toEqual(consult);
    expect(pendingConsult(job({ ...due, status: "running" }))).toEqual(consult);
    const over: Partial<JobRow>[] = [
      { consult: { ...consult, answer: "SIMPLE" } },
      { consult: { ...consult, failure: "timeout" } },
      { modelId: "sim-small" },
      { failure: FAILURE },
      { status: "cancelling", dueStage: "settle" },
      { status: "cancelled" },
    ];
    for (const change of over) expect(pendingConsult(job({ ...due, ...change }))).toBeUndefined();
    expect(pendingConsult(job())).toBeUndefined();
  });

  test("ends as its attempt did, and not while that may be on the wire", () => {
    const ends = (over: Partial<AttemptRow>) => consultOutcomeOf(consult, attempt(over));
    expect(ends({ state: "intent" })).toBeUndefined();
    expect(ends({ judged: "COMPLEX" })).toEqual({ answer: "COMPLEX" });
    expect(ends({})).toEqual({ failure: "nonsense" });
    expect(ends({ state: "void", error: FAILURE })).toEqual({ failure: "refused" });
    const throttled = { code: "PROVIDER_THROTTLED", message: "slow down" };
    expect(ends({ state: "void", error: throttled })).toEqual({ failure: "throttled" });
    const unsent = { code: "PROVIDER_UNAVAILABLE", message: "nothing could be sent" };
    expect(ends({ state: "void", error: unsent, endedAt: NOW - 1 })).toEqual({ failure: "unavailable" });
    expect(ends({ state: "void", error: unsent, endedAt: NOW })).toEqual({ failure: "timeout" });
    expect(ends({ state: "unknown", endedAt: NOW - 1 })).toEqual({ failure: "outcome_unknown" });
    expect(ends({ state: "unknown", endedAt: NOW })).toEqual({ failure: "timeout" });
  });
});

const instant = fc.integer({ min: NOW - 100, max: NOW + 100 });
const attempts: fc.Arbitrary<AttemptRow[]> = fc
  .array(
    fc.record({
      state: fc.constantFrom(...ATTEMPT_STATES),
      kind: fc.constantFrom("classify" as const, "invoke" as const),
      generation: fc.integer({ min: 1, max: 2 }),
      leaseUntil: instant,
      isStored: fc.boolean(),
    }),
    { maxLength: 4 },
  )
  .map((rows) =>
    rows.map(({ isStored, ...row }, index) =>
      attempt({ ...row, n: index + 1, ...(isStored && row.state === "settled" ? { resultChunks: 1 } : {}) }),
    ),
  );

const jobs = fc.record({
  status: fc.constantFrom<JobStatus>(...JOB_STATUSES),
  generation: fc.integer({ min: 1, max: 2 }),
  deadlineAt: instant,
  claimUntil: fc.option(instant, { nil: undefined }),
  isGivenUp: fc.boolean(),
  isAhead: fc.boolean(),
});

/** Any job with any attempts, possible or not. */
const views: fc.Arbitrary<JobView> = fc.tuple(jobs, attempts).map(([fields, rows]) => {
  const { isGivenUp, isAhead, claimUntil, ...rest } = fields;
  return {
    job: job({
      ...rest,
      attempts: rows.length + (isAhead ? 1 : 0),
      ...(claimUntil === undefined ? {} : { claimUntil }),
      ...(isGivenUp ? { failure: FAILURE } : {}),
    }),
    attempts: rows,
  };
});

const isTerminal = ({ job: { status } }: JobView) =>
  (TERMINAL_STATUSES as readonly string[]).includes(status);
const holds = (property: (view: JobView, nowMs: number) => void) =>
  fc.assert(fc.property(views, instant, property), { numRuns: 2_000 });

describe("of any job whatever", () => {
  test("a terminal state never changes", () => {
    holds((view, nowMs) => {
      if (isTerminal(view)) expect(verdictOf(view, nowMs)).toEqual({ leave: "terminal" });
    });
  });

  test("nothing ends while a call may be on the wire", () => {
    holds((view, nowMs) => {
      const isOpen = view.attempts.some(({ state }) => state === "intent");
      if (isOpen || isClaimPending(view, nowMs)) expect(verdictOf(view, nowMs)).not.toHaveProperty("end");
    });
  });

  test("a cancel that was accepted ends in cancelled, and nothing else does", () => {
    holds((view, nowMs) => {
      const found = verdictOf(view, nowMs);
      if ("end" in found) expect(found.end === "cancelled").toBe(view.job.status === "cancelling");
    });
  });

  test("success means that an answer of this generation is stored, and names it", () => {
    holds((view, nowMs) => {
      const found = verdictOf(view, nowMs);
      if (!("end" in found) || found.end !== "succeeded") return;
      const row = view.attempts.find(({ n }) => n === found.resultAttempt);
      expect(row).toMatchObject({ state: "settled", kind: "invoke", generation: view.job.generation });
      expect(row?.resultChunks).toBeDefined();
      expect(row).toBe(answeredAttempt(view));
    });
  });

  test("expired means that nothing was paid, nor perhaps paid", () => {
    holds((view, nowMs) => {
      const found = verdictOf(view, nowMs);
      if (!("end" in found) || found.end !== "expired") return;
      expect(view.attempts.every(({ state }) => state === "void")).toBe(true);
      expect(view.job.deadlineAt).toBeLessThanOrEqual(nowMs);
    });
  });

  test("a job that failed says why", () => {
    holds((view, nowMs) => {
      const found = verdictOf(view, nowMs);
      if ("end" in found && found.end === "failed") expect(view.job.failure ?? found.failure).toBeDefined();
    });
  });

  test("an end stands, however late it is looked at again", () => {
    holds((view, nowMs) => {
      const found = verdictOf(view, nowMs);
      if ("end" in found) expect(verdictOf(view, nowMs + 1_000_000)).toEqual(found);
    });
  });

  test("once its deadline has passed and its leases are resolved, it ends", () => {
    holds((view) => {
      const isResolved = view.attempts.every(({ state }) => state !== "intent");
      if (isResolved && !isTerminal(view)) expect(verdictOf(view, NOW + 1_000)).toHaveProperty("end");
    });
  });
});
