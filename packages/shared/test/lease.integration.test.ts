import { waitFor, watchLeaks } from "@switchyard/testkit";
import { afterAll, beforeEach, expect, test } from "vitest";
import { openLease } from "../src/queues/index.ts";
import { type TestQueues, usingQueues } from "./queue-support.ts";

afterAll(watchLeaks());

let queues: TestQueues;
beforeEach(async () => {
  queues = await usingQueues();
  return () => queues[Symbol.asyncDispose]();
});

const open = (leaseMs: number) => openLease(queues.redis, `${queues.prefix}:lease`, leaseMs);

test("one at a time holds it, renews it, and leaves it to the next", async () => {
  const [first, second] = [open(60_000), open(60_000)];
  expect(await first.take()).toBe(true);
  expect(await second.take()).toBe(false);
  expect(await first.take()).toBe(true);
  expect([first.isHeld, second.isHeld]).toEqual([true, false]);
  await second.release();
  expect(await second.take()).toBe(false);
  await first.release();
  expect(first.isHeld).toBe(false);
  expect(await second.take()).toBe(true);
});

test("whoever says nothing for its time has lost it by its own clock, too, before another has it", async () => {
  const [silent, next] = [open(100), open(60_000)];
  await silent.take();
  await waitFor(() => next.take());
  expect(silent.isHeld).toBe(false);
  expect(await silent.take()).toBe(false);
});
