import { describe, expect, test, vi } from "vitest";
import { createWaiter } from "./waiter.ts";

const never = new AbortController().signal;
const HOUR_MS = 3_600_000;

/** Whether a promise has settled by now. */
async function isOver(promise: Promise<void>): Promise<boolean> {
  let over = false;
  void promise.then(() => {
    over = true;
  });
  await new Promise((resolve) => setImmediate(resolve));
  return over;
}

describe("a wait", () => {
  test("is over at its job's next event, and at no other's", async () => {
    const waiter = createWaiter();
    const wait = waiter.next("a", HOUR_MS, never);
    waiter.onEvent({ jobId: "b" });
    expect(await isOver(wait.over)).toBe(false);
    waiter.onEvent({ jobId: "a" });
    expect(await isOver(wait.over)).toBe(true);
  });

  test("hears an event of the moment it began: nothing is lost between listening and waiting", async () => {
    const waiter = createWaiter();
    const wait = waiter.next("a", HOUR_MS, never);
    waiter.onEvent({ jobId: "a" });
    await wait.over;
  });

  test("is over for everyone who waits for the job", async () => {
    const waiter = createWaiter();
    const waits = Array.from({ length: 100 }, () => waiter.next("a", HOUR_MS, never).over);
    waiter.onEvent({ jobId: "a" });
    await Promise.all(waits);
  });

  test("is over after its time", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    try {
      const wait = createWaiter().next("a", 250, never);
      vi.advanceTimersByTime(249);
      expect(await isOver(wait.over)).toBe(false);
      vi.advanceTimersByTime(1);
      expect(await isOver(wait.over)).toBe(true);
    } finally {
      vi.useRealTimers();
    }
  });

  test("is over when the client goes away, or has gone", async () => {
    const waiter = createWaiter();
    const gone = new AbortController();
    const wait = waiter.next("a", HOUR_MS, gone.signal);
    gone.abort();
    await wait.over;
    await waiter.next("a", HOUR_MS, gone.signal).over;
  });

  test("is over when the process drains, and none begins after that", async () => {
    const waiter = createWaiter();
    const waits = ["a", "b"].map((jobId) => waiter.next(jobId, HOUR_MS, never).over);
    waiter.close();
    await Promise.all(waits);
    expect(waiter.isClosed).toBe(true);
    await waiter.next("c", HOUR_MS, never).over;
  });

  test("that one of many ends leaves the others waiting", async () => {
    const waiter = createWaiter();
    const [first, second] = [waiter.next("a", HOUR_MS, never), waiter.next("a", HOUR_MS, never)];
    first.end();
    first.end();
    expect(await isOver(second.over)).toBe(false);
    const third = waiter.next("a", HOUR_MS, never);
    waiter.onEvent({ jobId: "a" });
    await Promise.all([second.over, third.over]);
  });

  test("leaves no timer and no listener behind, however it ended", () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    try {
      const waiter = createWaiter();
      const { signal } = new AbortController();
      const listeners = vi.spyOn(signal, "removeEventListener");
      const added = vi.spyOn(signal, "addEventListener");
      for (let round = 0; round < 50; round += 1) {
        waiter.next("a", HOUR_MS, signal).end();
        waiter.next("a", HOUR_MS, signal);
        waiter.onEvent({ jobId: "a" });
      }
      waiter.next("b", HOUR_MS, signal);
      waiter.close();
      expect(vi.getTimerCount()).toBe(0);
      expect(added).toHaveBeenCalledTimes(101);
      expect(listeners.mock.calls.length).toBeGreaterThanOrEqual(101);
    } finally {
      vi.useRealTimers();
    }
  });
});
