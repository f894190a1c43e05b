import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createBrake } from "./brake.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function worker() {
  const seen: string[] = [];
  return {
    seen,
    pause: async (doesNotWait: boolean) => void seen.push(doesNotWait ? "pause" : "pause and wait"),
    resume: async () => void seen.push("resume"),
  };
}

test("the longest wish wins, and the worker goes on by itself", () => {
  const braked = worker();
  const brake = createBrake(braked);
  brake.pull(1_000);
  brake.pull(200);
  vi.advanceTimersByTime(500);
  brake.pull(2_000);
  brake.pull(100);
  vi.advanceTimersByTime(1_999);
  expect(braked.seen).toEqual(["pause"]);
  expect(brake.isOn).toBe(true);
  vi.advanceTimersByTime(1);
  expect(braked.seen).toEqual(["pause", "resume"]);
  expect(brake.isOn).toBe(false);
  expect(brake.endsAtMs).toBeCloseTo(performance.now());
});

test("no wish lasts longer than 30 s", () => {
  const braked = worker();
  createBrake(braked).pull(3_600_000);
  vi.advanceTimersByTime(30_000);
  expect(braked.seen).toEqual(["pause", "resume"]);
});

test("a worker that drains is neither resumed nor braked again", () => {
  const braked = worker();
  const brake = createBrake(braked);
  brake.pull(1_000);
  brake.close();
  brake.pull(1_000);
  vi.advanceTimersByTime(60_000);
  expect(braked.seen).toEqual(["pause"]);
  expect(vi.getTimerCount()).toBe(0);
});
