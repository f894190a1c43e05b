import { expect, test, vi } from "vitest";
import { SwitchyardError } from "../errors/index.ts";
import { createBrake } from "./brake.ts";
import { brakeOnRefusals, isRedisRefusal } from "./redis-refusals.ts";

test.each([
  ["OOM command not allowed when used memory > 'maxmemory'.", true],
  ["READONLY You can't write against a read only replica.", true],
  ["NOREPLICAS Not enough good replicas to write.", true],
  ["MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk.", true],
  ["LOADING Redis is loading the dataset in memory", true],
  ["Missing lock for job i-1. moveToFinished", false],
  ["connect ECONNREFUSED 127.0.0.1:6379", false],
  ["THE ROOM IS FULL", false],
])("%s: %s", (message, isRefusal) => {
  expect(isRedisRefusal(new Error(message))).toBe(isRefusal);
  const wrapped = new SwitchyardError("QUEUE_UNAVAILABLE", "no", { cause: new Error(message) });
  expect(isRedisRefusal(wrapped)).toBe(isRefusal);
});

test("pauses grow to a bound while refusals go on, and start anew after a success", () => {
  vi.useFakeTimers();
  const brake = createBrake({ pause: async () => {}, resume: async () => {} });
  const refusals = brakeOnRefusals(brake);
  const pauses = Array.from({ length: 6 }, () => {
    for (let together = 0; together < 10; together += 1) refusals.refused();
    const pauseMs = brake.endsAtMs - performance.now();
    vi.advanceTimersByTime(pauseMs);
    return pauseMs;
  });
  for (const [index, bounds] of [1_000, 2_000, 4_000, 4_000, 4_000, 4_000].entries()) {
    expect(pauses[index]).toBeGreaterThanOrEqual(bounds * 0.5);
    expect(pauses[index]).toBeLessThanOrEqual(bounds * 1.5);
  }
  refusals.succeeded();
  refusals.refused();
  expect(brake.endsAtMs - performance.now()).toBeLessThanOrEqual(1_500);
  brake.close();
  vi.useRealTimers();
});
