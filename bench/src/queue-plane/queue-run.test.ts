import { expect, test } from "vitest";
import { runQueueSide } from "./queue-run.ts";

test("both sides of the queue plane take every job through, and Redis says what it did", async () => {
  const load = { jobs: 40, inFlight: 8 };
  const [plane, hop] = await Promise.all([runQueueSide("plane", load), runQueueSide("hop", load)]);
  for (const run of [plane, hop]) {
    expect(run.jobs).toBe(40);
    expect(run.redis.calls).toBeGreaterThan(40);
    expect(run.redis.scripts).toBeGreaterThan(40);
  }
}, 30_000);
