import { createHash } from "node:crypto";
import { waitFor } from "@switchyard/testkit";
import { type Client, expectSound, promptOf, SERVICES, withSystem } from "@switchyard/torture";
import { describe, expect, it } from "vitest";

/** Fixes when each service is killed; the simulated provider's faults have a seed of their own. */
const SEED = "1";
const MIXED_JOBS = 60;
/** One submit in five meets one of these. */
const FAULTS = "429=0.06,500=0.06,reset=0.04,truncated=0.04";

function submitMany(client: Client, from: number, to: number): Promise<unknown> {
  const numbers = Array.from({ length: to - from }, (_, index) => from + index);
  return Promise.all(numbers.map((n) => client.submit(`key-${n}`, { input: promptOf(n) })));
}

describe.concurrent("kill -9 of Redis under load", () => {
  it.each([
    { what: "restarted with its append-only file", comesBack: "restart" as const },
    { what: "wiped", comesBack: "wipe" as const },
  ])("loses and repeats nothing when it is $what", async ({ comesBack }) => {
    // Answers take as long as a real model's, so that calls are in flight when Redis goes.
    await withSystem({ latencyScale: 1 }, async (system) => {
      const { client, redis, simulator } = system;
      await submitMany(client, 0, 24);
      const isUnderWay = async () => (await simulator.bill()).length >= 4 && (await simulator.callsNow()) > 0;
      await waitFor(isUnderWay, { timeoutMs: 30_000, what: "calls in flight" });
      await redis.kill();
      // The API keeps accepting: the rows are durable, and the sweeper delivers.
      await submitMany(client, 24, 36);
      await redis[comesBack]();

      const { told } = await expectSound(system);

      expect(told.map(({ ends }) => ends)).toEqual(Array.from({ length: 36 }, () => ["succeeded"]));
    });
  });
});

/** A whole number below `bound` that follows from the seed and a label. */
function drawn(label: string, bound: number): number {
  return createHash("sha256").update(`${SEED} ${label}`).digest().readUInt32BE(0) % bound;
}

describe.concurrent("kill -9 of every service under load", () => {
  it("keeps every promise while the provider fails in every way", async () => {
    await withSystem({ faults: FAULTS, latencyScale: 0.5 }, async (system) => {
      const { client, services } = system;
      const kills = SERVICES.map(async (name) => {
        const accepted = 5 + drawn(name, MIXED_JOBS - 10);
        const isTime = () => client.told.length >= accepted;
        await waitFor(isTime, { timeoutMs: 90_000, what: `${accepted} accepted jobs` });
        await services[name].kill();
      });
      // Four callers, each with its next job as soon as the last one is accepted.
      const callers = [0, 1, 2, 3].map(async (caller) => {
        for (let n = caller; n < MIXED_JOBS; n += 4) await client.submit(`key-${n}`, { input: promptOf(n) });
      });
      await Promise.all([...kills, ...callers]);

      const { told, bill } = await expectSound(system);

      expect(told).toHaveLength(MIXED_JOBS);
      expect(bill.filter(({ fault }) => fault !== undefined).length).toBeGreaterThan(0);
      const succeeded = told.filter(({ ends }) => ends[0] === "succeeded").length;
      expect(succeeded).toBeGreaterThan(MIXED_JOBS * 0.8);
    });
  });
});

describe.concurrent("an Idempotency-Key", () => {
  it("sent 200 times at once makes one job and one call, and another body with it is a 422", async () => {
    await withSystem({}, async (system) => {
      const { client } = system;
      const body = { input: promptOf(0) };
      // Whoever is told to come back later does: the client notes two jobs for one key as a broken promise.
      const told = await Promise.all(Array.from({ length: 200 }, () => client.submit("key", body)));
      const other = await client.post("key", { input: promptOf(1) });

      expect(new Set(told).size).toBe(1);
      expect(other).toMatchObject({ status: 422, body: { code: "idempotency_key_reused" } });
      const { jobs, bill } = await expectSound(system);
      expect({ jobs: jobs.length, calls: bill.length }).toEqual({ jobs: 1, calls: 1 });
    });
  });
});
