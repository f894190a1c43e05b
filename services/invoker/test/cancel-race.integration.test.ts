import { type JobRow, type JobView, verdictOf } from "@switchyard/shared/ledger";
import { waitFor, watchLeaks } from "@switchyard/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { usingWorld, type World } from "./support.ts";

afterAll(watchLeaks());

let world: World;

beforeAll(async () => {
  world = await usingWorld();
});
afterAll(() => world[Symbol.asyncDispose]());

/** Cancels as a caller does, and ends the job as settle does, by the one function that decides it. */
async function cancelAndConfirm(job: JobRow): Promise<number> {
  await waitFor(async () => {
    const seen = (await world.ledger.jobs.read(job.jobId)) as JobRow;
    return (await world.ledger.jobs.cancel(seen)) !== null;
  });
  return waitFor(
    async () => {
      const view = await world.view(job);
      const verdict = verdictOf(view, Date.now());
      if (!("end" in verdict)) return 0;
      const end = { status: verdict.end, costPicoUsd: 0n, counted: [] };
      return (await world.ledger.jobs.end(view.job, end)) === null ? 0 : Date.now();
    },
    { intervalMs: 10 },
  );
}

/** Runs invoke again and again as its queue would, until it has nothing more to say. */
async function runToTheEnd(job: JobRow): Promise<void> {
  await waitFor(
    async () => {
      await world.run(job);
      return true;
    },
    { intervalMs: 10 },
  );
}

test("no call starts after a cancel was confirmed, in 200 races of both", async () => {
  const outcomes = { billed: 0, unbilled: 0 };
  for (let batch = 0; batch < 20; batch += 1) {
    await Promise.all(
      Array.from({ length: 10 }, async (_, index) => {
        const job = await world.job();
        const running = runToTheEnd(job);
        // From before the claim to after the answer: each look takes about as long as one step of the run.
        for (let look = 0; look < index; look += 1) await world.ledger.jobs.read(job.jobId);
        const confirmedAt = await cancelAndConfirm(job);
        await running;
        await world.run(job);
        const view = (await world.view(job)) as JobView;
        expect(view.job.status).toBe("cancelled");
        const bill = world.billed(job);
        expect(bill.length).toBeLessThanOrEqual(1);
        for (const line of bill) expect(line.startedAtMs).toBeLessThanOrEqual(confirmedAt);
        const settled = view.attempts.filter((row) => row.state === "settled");
        expect(settled).toHaveLength(bill.length);
        expect(view.attempts.some((row) => row.state === "intent")).toBe(false);
        outcomes[bill.length === 0 ? "unbilled" : "billed"] += 1;
      }),
    );
  }
  // A race that one side always wins is none.
  expect(outcomes.billed).toBeGreaterThan(10);
  expect(outcomes.unbilled).toBeGreaterThan(10);
});

test("a cancel that meets a call on the wire waits for it, and its cost is known", async () => {
  const job = await world.job();
  const controller = new AbortController();
  const running = world.run(job, { providerModel: "fault-hang", timeoutMs: 400, signal: controller.signal });
  running.catch(() => {});
  await expect.poll(async () => (await world.view(job)).attempts[0]?.state).toBe("intent");
  const seen = (await world.ledger.jobs.read(job.jobId)) as JobRow;
  await world.ledger.jobs.cancel(seen);
  const view = await world.view(job);
  expect(verdictOf(view, Date.now())).toEqual({ waitUntil: view.attempts[0]?.leaseUntil });
  await expect(running).rejects.toMatchObject({ code: "PROVIDER_OUTCOME_UNKNOWN" });
  expect(verdictOf(await world.view(job), Date.now())).toEqual({ end: "cancelled" });
});

/** A run that stops for a while between its claim and its intent, and finds what happened meanwhile. */
async function runInterrupted(
  job: JobRow,
  meanwhile: (claimed: JobRow) => Promise<unknown>,
): Promise<unknown> {
  const { attempts } = world.ledger;
  const ledger = {
    ...world.ledger,
    attempts: {
      ...attempts,
      async intend(intent: Parameters<typeof attempts.intend>[0]) {
        await meanwhile((await world.ledger.jobs.read(job.jobId)) as JobRow);
        return attempts.intend(intent);
      },
    },
  };
  return world.run(job, { ledger }).catch((error: unknown) => error);
}

const MOVED = { code: "ROW_CONFLICT", isRetriable: true };

test("a claimer who comes back after its job was cancelled and ended makes no call", async () => {
  const job = await world.job();
  const error = await runInterrupted(job, async (claimed) => {
    const cancelled = (await world.ledger.jobs.cancel(claimed)) as JobRow;
    // Its claim has lapsed by then, so settle no longer waits for it.
    const verdict = verdictOf({ job: cancelled, attempts: [] }, (claimed.claimUntil ?? 0) + 1);
    expect(verdict).toEqual({ end: "cancelled" });
    await world.ledger.jobs.end(cancelled, { status: "cancelled", costPicoUsd: 0n, counted: [] });
  });
  expect(error).toMatchObject(MOVED);
  expect(world.billed(job)).toEqual([]);
  expect(await world.view(job)).toMatchObject({
    job: { status: "cancelled" },
    attempts: [{ state: "void" }],
  });
});

test("a claimer who finds its job cancelled before the call makes none", async () => {
  const job = await world.job();
  const error = await runInterrupted(job, (claimed) => world.ledger.jobs.cancel(claimed));
  expect(error).toMatchObject(MOVED);
  expect(world.billed(job)).toEqual([]);
  expect(verdictOf(await world.view(job), Date.now())).toEqual({ end: "cancelled" });
});

test("a claimer whose claim somebody took over makes no second call", async () => {
  const job = await world.job();
  const error = await runInterrupted(job, (claimed) =>
    world.run(job, { now: () => (claimed.claimUntil ?? 0) + 1 }),
  );
  expect(error).toMatchObject(MOVED);
  expect(world.billed(job)).toHaveLength(1);
  expect((await world.view(job)).attempts.map((row) => row.state)).toEqual(["void", "settled"]);
});
