import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createLifecycle } from "./lifecycle.ts";

function recorder() {
  const warnings: { part: unknown }[] = [];
  const infos: string[] = [];
  const log = {
    info: (message: string) => infos.push(message),
    warn: (fields: object) => warnings.push(fields as { part: unknown }),
    error: () => {},
    fatal: () => {},
  };
  return { log, infos, warnings };
}

const DRAIN_MS = 5_000;
const never = () => new Promise<void>(() => {});

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

test("a process is ready from when it says so until it drains", async () => {
  const lifecycle = createLifecycle(recorder().log, DRAIN_MS);
  expect(lifecycle).toMatchObject({ isReady: false, isDraining: false });
  lifecycle.markReady();
  expect(lifecycle).toMatchObject({ isReady: true, isDraining: false });
  const stopped = lifecycle.stop();
  expect(lifecycle).toMatchObject({ isReady: false, isDraining: true });
  await stopped;
  lifecycle.markReady();
  expect(lifecycle.isReady).toBe(false);
});

test("what was opened last is closed first, each after the one before has closed", async () => {
  const lifecycle = createLifecycle(recorder().log, DRAIN_MS);
  const steps: string[] = [];
  for (const name of ["ledger", "redis", "worker"]) {
    lifecycle.opened(name, async () => {
      steps.push(`${name} closing`);
      await null;
      steps.push(`${name} closed`);
    });
  }
  await lifecycle.stop();
  expect(steps).toEqual([
    "worker closing",
    "worker closed",
    "redis closing",
    "redis closed",
    "ledger closing",
    "ledger closed",
  ]);
});

test("stopping twice closes once, and both callers wait for the same end", async () => {
  const { log, infos } = recorder();
  const lifecycle = createLifecycle(log, DRAIN_MS);
  const close = vi.fn(async () => {});
  lifecycle.opened("redis", close);
  const first = lifecycle.stop();
  expect(lifecycle.stop()).toBe(first);
  await first;
  await lifecycle.stop();
  expect(close).toHaveBeenCalledOnce();
  expect(infos).toEqual(["draining", "stopped"]);
});

test("a part that fails to close is named, and the others are closed all the same", async () => {
  const { log, warnings } = recorder();
  const lifecycle = createLifecycle(log, DRAIN_MS);
  const close = vi.fn();
  lifecycle.opened("ledger", close);
  lifecycle.opened("worker", () => Promise.reject(new Error("stuck")));
  lifecycle.opened("events", () => {
    throw new Error("thrown at once");
  });
  await lifecycle.stop();
  expect(warnings.map(({ part }) => part)).toEqual(["events", "worker"]);
  expect(close).toHaveBeenCalledOnce();
});

test("a part that never closes is left behind when the drain's time is up", async () => {
  const { log, warnings } = recorder();
  const lifecycle = createLifecycle(log, DRAIN_MS);
  const close = vi.fn();
  lifecycle.opened("ledger", close);
  lifecycle.opened("worker", never);
  const stopped = lifecycle.stop();
  await vi.advanceTimersByTimeAsync(DRAIN_MS - 1);
  expect(close).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(1);
  await stopped;
  expect(warnings.map(({ part }) => part)).toEqual(["worker"]);
  expect(close).toHaveBeenCalledOnce();
});

test("parts share one time-out: ten that never close end hardly later than one", async () => {
  const { log, warnings } = recorder();
  const lifecycle = createLifecycle(log, DRAIN_MS);
  for (let n = 0; n < 10; n += 1) lifecycle.opened(`part ${n}`, never);
  const startedAt = Date.now();
  const stopped = lifecycle.stop();
  await vi.runAllTimersAsync();
  await stopped;
  expect(warnings).toHaveLength(10);
  expect(Date.now() - startedAt).toBeLessThanOrEqual(DRAIN_MS + 9 * 100);
});

test("a closed lifecycle leaves no timer behind", async () => {
  const lifecycle = createLifecycle(recorder().log, DRAIN_MS);
  lifecycle.opened("redis", async () => {});
  await lifecycle.stop();
  expect(vi.getTimerCount()).toBe(0);
});
