import { type JobRow, LEASE_GRACE_MS } from "@switchyard/shared/ledger";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { attempts, type Facts, job, NOW } from "./__fixtures__/rows.ts";
import { type AttemptLimits, nextStep } from "./next-step.ts";

const LIMITS: AttemptLimits = { max: 3, maxUnknown: 2 };
const THROTTLED = { code: "PROVIDER_THROTTLED", message: "slow down" };
const BROKEN = { code: "PROVIDER_UNAVAILABLE", message: "503 from sim" };
const KEY_REFUSED = { code: "PROVIDER_KEY_REFUSED", message: "401 from sim" };
const FAILURE = { code: "PROVIDER_REFUSED", message: "refused" };

const step = (jobOver: Partial<JobRow>, ...facts: Facts[]) =>
  nextStep({ job: job({ attempts: facts.length, ...jobOver }), attempts: attempts(...facts) }, LIMITS, NOW);

const failing = (times: number, facts: Facts = { state: "void", error: BROKEN }) =>
  Array.from({ length: times }, () => facts);

describe("when the provider is called", () => {
  test("for a job with time left that nobody has called for", () => {
    expect(step({})).toEqual({ do: "call" });
  });

  test("again after calls that failed, up to the limit", () => {
    expect(step({}, ...failing(2))).toEqual({ do: "call" });
    expect(step({}, ...failing(3))).toMatchObject({ do: "give up", error: { code: "ATTEMPTS_EXHAUSTED" } });
  });

  test("again after any number of throttled calls, which say nothing against the job", () => {
    expect(step({}, ...failing(50, { state: "void", error: THROTTLED }))).toEqual({ do: "call" });
  });

  test("again after any number of probes of a model that was down, which speak of the model", () => {
    expect(step({}, ...failing(50, { state: "void", error: BROKEN, isProbe: true }))).toEqual({ do: "call" });
  });

  test("again after any number of calls with a key that is refused, which a person has to mend", () => {
    expect(step({}, ...failing(50, { state: "void", error: KEY_REFUSED }))).toEqual({ do: "call" });
  });

  test("again after a call whose outcome is unknown, up to its own limit", () => {
    expect(step({}, { state: "unknown" })).toEqual({ do: "call" });
    const over = step({}, { state: "unknown" }, { state: "unknown" });
    expect(over).toMatchObject({ do: "give up", error: { code: "OUTCOME_UNRESOLVED" } });
  });

  test("of the next model, whatever calls of the last one failed or were refused for good", () => {
    const next = { modelId: "sim-large" };
    expect(step(next, ...failing(3))).toEqual({ do: "call" });
    expect(step(next, { state: "void", error: FAILURE })).toEqual({ do: "call" });
    const own = failing(3, { state: "void", error: BROKEN, modelId: "sim-large" });
    expect(step(next, ...failing(3), ...own)).toMatchObject({ error: { code: "ATTEMPTS_EXHAUSTED" } });
  });

  test("of the next model, but not once too many calls of all models are unknown", () => {
    const [first, second] = [{ state: "unknown" }, { state: "unknown", modelId: "sim-large" }] as const;
    const given = step({ modelId: "sim-large" }, first, second);
    expect(given).toMatchObject({ do: "give up", error: { code: "OUTCOME_UNRESOLVED" } });
  });

  test("in a new generation whatever became of the last one", () => {
    expect(step({ generation: 2 }, ...failing(3))).toEqual({ do: "call" });
    expect(step({ generation: 2 }, { state: "settled", resultChunks: 1 })).toEqual({ do: "call" });
  });

  test("in a new generation, whatever runs of an earlier one vanished", () => {
    const replayed = { atMs: NOW, attemptsBefore: 5 };
    expect(step({ generation: 2, attempts: 5, replayed })).toEqual({ do: "call" });
    expect(step({ generation: 2, attempts: 7, replayed })).toEqual({ do: "call" });
    const poisoned = { do: "give up", error: { code: "JOB_POISONED" } };
    expect(step({ generation: 2, attempts: 8, replayed })).toMatchObject(poisoned);
    expect(step({ generation: 2, attempts: 8, replayed }, ...failing(5))).toMatchObject(poisoned);
  });

  test("in a new generation though on_unknown is fail and the last one came to that", () => {
    const request = { ...job().request, onUnknown: "fail" as const };
    const replayed = { atMs: NOW, attemptsBefore: 1 };
    expect(step({ generation: 2, request, replayed }, { state: "unknown" })).toEqual({ do: "call" });
  });

  test("but not while a call of an earlier generation may be on the wire", () => {
    const open = { state: "intent", leaseUntil: NOW + 5_000 } as const;
    expect(step({ generation: 2 }, open)).toMatchObject({ do: "wait" });
  });

  test("after a judgement that was paid for: that is not the job's answer", () => {
    expect(step({}, { kind: "classify", state: "settled" })).toEqual({ do: "call" });
  });
});

describe("when it is not called again", () => {
  test("a settled answer is replayed", () => {
    expect(step({}, { state: "settled", resultChunks: 1 })).toEqual({ do: "settle" });
  });

  test("an answer that was paid for and could not be stored is not paid for twice", () => {
    expect(step({}, { state: "settled" })).toEqual({ do: "settle" });
  });

  test("a terminal job is left alone, whatever its rows say", () => {
    for (const status of ["succeeded", "failed", "cancelled", "expired"] as const) {
      expect(step({ status }, { state: "intent", leaseUntil: NOW - 1 })).toEqual({ do: "nothing" });
    }
  });

  test("a job that is being cancelled, was given up or is out of time goes to settle", () => {
    expect(step({ status: "cancelling" })).toEqual({ do: "settle" });
    expect(step({ failure: FAILURE })).toEqual({ do: "settle" });
    expect(step({ deadlineAt: NOW })).toEqual({ do: "settle" });
    expect(step({ deadlineAt: NOW + 1 })).toEqual({ do: "call" });
  });

  test("on_unknown: fail pays nothing after a call whose outcome is unknown", () => {
    const request = { ...job().request, onUnknown: "fail" as const };
    const given = step({ request }, { state: "unknown" });
    expect(given).toMatchObject({ do: "give up", error: { code: "OUTCOME_UNRESOLVED" } });
    expect(step({ request }, { state: "void", error: BROKEN })).toEqual({ do: "call" });
  });

  test("giving up says how many calls failed and how the last one did", () => {
    const given = step({}, ...failing(2), { state: "void", error: { code: "X", message: "the last straw" } });
    expect(given).toMatchObject({ error: { message: "3 calls failed; the last: the last straw" } });
  });

  test("giving up is final: the error is not one that the queue repeats", () => {
    const request = { ...job().request, onUnknown: "fail" as const };
    const all = [
      step({}, ...failing(3)),
      step({}, { state: "unknown" }, { state: "unknown" }),
      step({ request }, { state: "unknown" }),
    ];
    expect(all.map((given) => given.do === "give up" && given.error.isRetriable)).toEqual([
      false,
      false,
      false,
    ]);
  });

  test("even throttling ends before a job's rows are too many to read each time", () => {
    const given = step({}, ...failing(200, { state: "void", error: THROTTLED }));
    expect(given).toMatchObject({ do: "give up", error: { code: "ATTEMPTS_EXHAUSTED" } });
  });
});

describe("while a model is down for as long as a job lives", () => {
  const HOUR_MS = 3_600_000;

  /** A job that makes every call it is let make, at once; the times of its calls until it ends. */
  function callsOf(deadlineAt: number): { times: number[]; end: string } {
    const times: number[] = [];
    let nowMs = NOW;
    for (;;) {
      const facts = times.map((at) => ({ error: BROKEN, isProbe: true, startedAt: at, leaseUntil: at }));
      const view = { job: job({ attempts: facts.length, deadlineAt }), attempts: attempts(...facts) };
      const next = nextStep(view, LIMITS, nowMs);
      if (next.do === "wait") nowMs = Math.ceil(next.untilMs);
      else if (next.do !== "call") return { times, end: next.do };
      else {
        times.push(nowMs);
        nowMs += 1_000;
      }
    }
  }

  test("its probes are at most 200 rows and last until its deadline", () => {
    for (const hours of [1, 24, 168]) {
      const deadlineAt = NOW + hours * HOUR_MS;
      const { times, end } = callsOf(deadlineAt);
      expect(end).toBe("settle");
      expect(times.length).toBeGreaterThan(100);
      expect(times.length).toBeLessThanOrEqual(200);
      expect(times.at(-1)).toBeGreaterThan(deadlineAt - (hours * HOUR_MS) / 50);
    }
  });
});

describe("while a call may be on the wire", () => {
  test("its lease is waited for, then its outcome is written down as unknown", () => {
    const open = (leaseUntil: number) => step({}, { state: "intent", leaseUntil });
    expect(open(NOW + 1)).toEqual({ do: "wait", untilMs: NOW + 1 + LEASE_GRACE_MS });
    expect(open(NOW + 1 - LEASE_GRACE_MS)).toEqual({ do: "wait", untilMs: NOW + 1 });
    expect(open(NOW - LEASE_GRACE_MS)).toMatchObject({
      do: "mark unknown",
      attempt: { n: 1 },
    });
  });

  test("a claim without its row is waited for, then taken for abandoned", () => {
    const claimed = { attempts: 1, claimId: "c" };
    expect(step({ ...claimed, claimUntil: NOW + 5 })).toEqual({ do: "wait", untilMs: NOW + 5 });
    expect(step({ ...claimed, claimUntil: NOW })).toEqual({ do: "call" });
  });
});

test("of any job whatever: no call while one may be on the wire, none twice for one answer, none for a job that is over", () => {
  const anyAttempt = fc.record({
    state: fc.constantFrom("intent" as const, "settled" as const, "void" as const, "unknown" as const),
    generation: fc.integer({ min: 1, max: 2 }),
    leaseUntil: fc.integer({ min: NOW - 5, max: NOW + 5 }),
    error: fc.constantFrom(THROTTLED, BROKEN),
  });
  const anyJob = fc.record({
    status: fc.constantFrom("queued" as const, "running" as const, "cancelling" as const, "failed" as const),
    generation: fc.integer({ min: 1, max: 2 }),
    deadlineAt: fc.integer({ min: NOW - 5, max: NOW + 5 }),
  });
  const stored = (fact: Facts): Facts => (fact.state === "settled" ? { ...fact, resultChunks: 1 } : fact);
  fc.assert(
    fc.property(anyJob, fc.array(anyAttempt, { maxLength: 5 }), (fields, facts) => {
      if (step(fields, ...facts.map(stored)).do !== "call") return;
      const own = facts.filter((fact) => fact.generation === fields.generation);
      expect(facts.some(({ state }) => state === "intent")).toBe(false);
      expect(own.some(({ state }) => state === "settled")).toBe(false);
      expect(["queued", "running"]).toContain(fields.status);
      expect(fields.deadlineAt).toBeGreaterThan(NOW);
      expect(own.filter(({ state }) => state === "unknown").length).toBeLessThan(LIMITS.maxUnknown);
    }),
    { numRuns: 2_000 },
  );
});
