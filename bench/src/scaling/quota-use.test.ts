import { expect, test } from "vitest";
import type { Sample } from "./autoscale.ts";
import { quotaUse } from "./quota-use.ts";

const sample = (atSeconds: number, waiting: number, ready: number): Sample => ({
  ...{ atSeconds, waiting, ready, load: waiting, active: 0, wanted: ready, leaving: 0 },
});

const QUOTA = { perMinute: 60, slots: 4, slotsNeeded: 8 };

test("only the time counts in which more waits than the workers hold and they are enough for the quota", () => {
  const samples = [sample(0, 50, 1), sample(10, 50, 2), sample(20, 40, 2), sample(30, 3, 2)];
  const calls = [1, 2, 3, 10, 11, 12, 13, 14, 15, 16, 17, 18, 25];
  expect(quotaUse(samples, calls, QUOTA)).toMatchObject({ saturatedSeconds: 10, share: 0.9 });
});

test("the most calls in any minute are counted wherever the minute begins", () => {
  const calls = [0, 1, 59, 60, 60.5, 61, 200];
  expect(quotaUse([], calls, QUOTA).mostInAMinute).toBe(4);
});
