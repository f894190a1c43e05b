import { gather, promptOf, withSystem } from "@switchyard/torture";
import { describe, expect, it } from "vitest";

/** How often a job of one summons starts before it is given up. */
const STARTS = 5;

describe.concurrent("a job that kills", () => {
  it.each([
    {
      promise: "the process that is about to call its model fails, and is never paid for",
      service: "invoker",
      failpoint: "invoke.beforeIntent",
      billed: 0,
    },
    {
      promise: "whoever settles it fails, with its one call on it",
      service: "cost",
      failpoint: "settle.beforeTotals",
      billed: 1,
    },
  ] as const)("$promise", async ({ service, failpoint, billed }) => {
    // Every process of the stage dies there, whenever it comes back. The sweeper is not needed.
    const env = { SWITCHYARD_FAILPOINTS: `${failpoint}=kill`, QUEUE_LOCK_MS: "1500" };
    await withSystem({ env, sweepStaleMs: 600_000 }, async (system) => {
      const { jobId, ends } = await system.client.submit("key", { input: promptOf(0) });
      await system.client.ended();
      expect(ends).toEqual(["failed"]);
      expect(system.services[service].deaths).toEqual(Array(STARTS).fill("SIGKILL"));
      const { jobs, attempts, bill, queueKeys } = await gather(system, {});
      expect(jobs).toMatchObject([{ jobId, failureCode: "JOB_POISONED" }]);
      expect(attempts.map(({ state }) => state)).toEqual(Array(billed).fill("settled"));
      expect(bill).toHaveLength(billed);
      expect(queueKeys).toEqual([]);
    });
  });
});
