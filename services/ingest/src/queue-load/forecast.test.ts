import type { Limits } from "@switchyard/shared/catalogue";
import type { QueueFacts } from "@switchyard/shared/queues";
import { expect, test } from "vitest";
import { drainOf, forecast } from "./forecast.ts";

const UNLIMITED: Limits = { requestsPerMinute: null, tokensPerMinute: null, inFlight: null };

/** A queue in which 24 jobs wait or are due, of which each takes 8 s and 400 tokens, on 16 slots. */
function facts(given: Partial<QueueFacts> = {}): QueueFacts {
  return {
    ...{ stage: "invoke", modelId: "small", isPaused: false },
    ...{ waiting: 1, prioritized: 20, active: 5, delayed: 9, dueDelayed: 3, oldestAgeMs: 0 },
    ...{ slots: 16, lately: { runs: 10, seconds: 80, tokens: 4_000 } },
    ...given,
  };
}

const drainUnder = (limits: Partial<Limits>) => forecast(facts(), [{ ...UNLIMITED, ...limits }]).drainSeconds;

test("a backlog is what waits and is due, times what a run takes, and drains over the slots there are", () => {
  expect(forecast(facts(), [UNLIMITED])).toEqual({ backlogTokenSeconds: 192, drainSeconds: 12 });
});

test("a limit that allows less than the slots do decides how long it takes", () => {
  expect(drainUnder({ requestsPerMinute: 60 })).toBe(24);
  expect(drainUnder({ tokensPerMinute: 4_800 })).toBe(120);
  expect(drainUnder({ inFlight: 4 })).toBe(48);
  expect(drainUnder({ requestsPerMinute: 6_000, tokensPerMinute: 10 ** 9, inFlight: 1_000 })).toBe(12);
});

test("the strictest of the limits of the model and its account counts", () => {
  const limits = [
    { ...UNLIMITED, requestsPerMinute: 600 },
    { ...UNLIMITED, requestsPerMinute: 30 },
  ];
  expect(forecast(facts(), limits).drainSeconds).toBe(48);
});

test("what nothing serves has a backlog, and no time to drain", () => {
  expect(forecast(facts({ slots: 0 }), [])).toEqual({ backlogTokenSeconds: 192, drainSeconds: null });
  expect(forecast(facts({ isPaused: true }), []).drainSeconds).toBeNull();
});

test("before any call has ended ten seconds are assumed", () => {
  const lately = { runs: 0, seconds: 0, tokens: 0 };
  expect(forecast(facts({ lately }), [UNLIMITED])).toEqual({ backlogTokenSeconds: 240, drainSeconds: 15 });
});

test("a pool is drained when its slowest queue is, and never while nothing serves one that has work", () => {
  const queue = (drainSeconds: number | null, jobs: number) => ({
    drainSeconds,
    jobs,
    backlogTokenSeconds: 0,
  });
  expect(drainOf([queue(3, 1), queue(9, 1), queue(null, 0)])).toBe(9);
  expect(drainOf([queue(3, 1), queue(null, 1)])).toBeNull();
  expect(drainOf([queue(null, 0)])).toBeNull();
  expect(drainOf([])).toBeNull();
});
