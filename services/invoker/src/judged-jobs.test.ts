import { type JobRow, LEASE_GRACE_MS } from "@switchyard/shared/ledger";
import { describe, expect, test } from "vitest";
import { attempts, type Facts, job, NOW } from "./__fixtures__/rows.ts";
import { type AttemptLimits, nextStep } from "./next-step.ts";

const LIMITS: AttemptLimits = { max: 3, maxUnknown: 2 };
const BROKEN = { code: "PROVIDER_UNAVAILABLE", message: "503 from sim" };
const REFUSED = { code: "PROVIDER_REFUSED", message: "refused" };

const step = (jobOver: Partial<JobRow>, ...facts: Facts[]) =>
  nextStep({ job: job({ attempts: facts.length, ...jobOver }), attempts: attempts(...facts) }, LIMITS, NOW);
const failing = (times: number) => Array.from({ length: times }, (): Facts => ({ error: BROKEN }));

describe("a call that judged the job", () => {
  const judged: Facts = { kind: "classify" };

  test.each<[string, Facts]>([
    ["was answered", { state: "settled" }],
    ["failed", { state: "void", error: BROKEN }],
    ["was refused for good", { state: "void", error: REFUSED }],
    ["has an unknown outcome", { state: "unknown" }],
  ])("says nothing of the call for its answer where it %s", (_, facts) => {
    expect(step({}, { ...judged, ...facts })).toEqual({ do: "call" });
    const { request } = job();
    const strict = { request: { ...request, onUnknown: "fail" as const } };
    expect(step(strict, { ...judged, ...facts })).toEqual({ do: "call" });
    expect(step({}, { ...judged, ...facts }, ...failing(2))).toEqual({ do: "call" });
    expect(step({}, { ...judged, ...facts }, ...failing(3))).toMatchObject({ do: "give up" });
  });

  test("is waited for while it may be on the wire: there is one call at a time, whatever it is for", () => {
    const open: Facts = { ...judged, state: "intent", leaseUntil: NOW + 1_000 };
    const waits = (over: Facts) => {
      const next = step({}, { ...open, ...over });
      return next.do === "wait" ? next.untilMs - NOW : next.do;
    };
    // Its end is mostly just about to be written down; the longer that takes, the more rarely it is looked for.
    expect(waits({})).toBe(250);
    expect(waits({ startedAt: NOW - 8_000 })).toBe(1_000);
    expect(waits({ startedAt: NOW - 60_000 })).toBe(1_000 + LEASE_GRACE_MS);
    // Whoever makes the job's own call says how it ended.
    expect(waits({ kind: "invoke" })).toBe(1_000 + LEASE_GRACE_MS);
    expect(step({}, { ...open, leaseUntil: NOW - LEASE_GRACE_MS })).toMatchObject({ do: "mark unknown" });
  });

  test("and never came to have a row is no run of the job's that ended without a trace", () => {
    const gate = {
      asked: true,
      price_usd: "0",
      expected_saving_usd: "0",
      confidence: 0,
      reason: "pays",
    } as const;
    const consult = { modelId: "sim-small", endsAt: NOW, localClass: "SIMPLE", gate, n: 1 } as const;
    const strict: AttemptLimits = { max: 1, maxUnknown: 2 };
    const lost = job({ attempts: 1, consult });
    expect(nextStep({ job: lost, attempts: [] }, strict, NOW)).toEqual({ do: "call" });
    const poisoned = { job: { ...lost, attempts: 2 }, attempts: [] };
    expect(nextStep(poisoned, strict, NOW)).toMatchObject({ error: { code: "JOB_POISONED" } });
  });
});
