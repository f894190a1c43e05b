import { isTerminal } from "@switchyard/shared/contracts";
import { waitFor, watchLeaks } from "@switchyard/testkit";
import fc from "fast-check";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { sweepOnce } from "../src/sweep.ts";
import { startSweeper } from "../src/sweeper.ts";
import { COST, STALE_MS, START, USAGE, usingWorld, type World } from "./support.ts";

afterAll(watchLeaks());

let world: World;
const ERROR = { code: "PROVIDER_REFUSED", message: "no" };

beforeEach(async () => {
  world = await usingWorld();
  return () => world[Symbol.asyncDispose]();
});

/** What the sweeper summons when the clock has moved by so much. */
async function sweptAfter(ms: number): Promise<unknown[]> {
  world.clock.now += ms;
  world.summoned.length = 0;
  await world.sweep();
  return world.summoned.map(({ stage, message }) => ({ stage, ...message }));
}

describe("a job that does not move", () => {
  test("gets the summons of the stage it is due for, once it is stale and not before", async () => {
    const accepted = await world.job();
    const routed = await world.job();
    const voided = await world.call(routed);
    await world.ledger.attempts.voided(voided, ERROR);
    const failed = await world.job();
    await world.ledger.jobs.fail(failed, ERROR);
    const cancelled = await world.job();
    await world.ledger.jobs.cancel(cancelled);
    const answered = await world.job();
    await world.answer(await world.call(answered));
    expect(await sweptAfter(STALE_MS - 1)).toEqual([]);
    const swept = await sweptAfter(1);
    const summons = (stage: string, { jobId }: { jobId: string }) => ({
      stage,
      version: 1,
      jobId,
      generation: 1,
    });
    const turnOf = ({ tenant }: { tenant: string }) => ({ tenant, priority: "normal" });
    expect(new Set(swept)).toEqual(
      new Set([
        { ...summons("classify", accepted), ...turnOf(accepted) },
        { ...summons("invoke", routed), ...turnOf(routed), modelId: "sim-small" },
        summons("settle", failed),
        summons("settle", cancelled),
        summons("settle", answered),
      ]),
    );
    expect(swept).toHaveLength(5);
  });

  test("is summoned ever more rarely: it may only be waiting its turn", async () => {
    await world.job({ deadlineAt: START + 86_400_000 });
    const waits: number[] = [];
    expect(await sweptAfter(STALE_MS)).toHaveLength(1);
    while (waits.length < 7) {
      const [row] = (await world.ledger.jobs.due(Number.MAX_SAFE_INTEGER, 10)).jobIds;
      const waitMs = ((await world.ledger.jobs.read(row ?? ""))?.attentionAt ?? 0) - world.clock.now;
      waits.push(waitMs / STALE_MS);
      expect(await sweptAfter(waitMs - 1)).toEqual([]);
      expect(await sweptAfter(1)).toHaveLength(1);
    }
    // Doubling, up to ten minutes.
    expect(waits).toEqual([1, 2, 4, 8, 16, 20, 20]);
  });

  test("that moves again gets its whole patience again", async () => {
    const job = await world.job();
    await sweptAfter(STALE_MS);
    await sweptAfter(STALE_MS);
    world.clock.now += STALE_MS;
    const moved = await world.ledger.jobs.cancel((await world.view(job)).job);
    expect(moved?.sweeps).toBe(0);
    expect(await sweptAfter(STALE_MS - 1)).toEqual([]);
    expect(await sweptAfter(1)).toHaveLength(1);
  });

  test("past its deadline is summoned to settle in time, however patient the sweeper has become", async () => {
    const deadlineAt = START + 10 * STALE_MS + 1_234;
    const job = await world.job({ deadlineAt });
    for (let round = 0; round < 4; round += 1) await sweptAfter(2 * STALE_MS);
    expect(await sweptAfter(deadlineAt - world.clock.now - 1)).not.toContainEqual(
      expect.objectContaining({ stage: "settle" }),
    );
    expect(await sweptAfter(2)).toMatchObject([{ stage: "settle", jobId: job.jobId }]);
    await world.settle(job);
    expect((await world.view(job)).job.status).toBe("expired");
  });
});

describe("a call whose maker is gone", () => {
  test("is unknown once its lease has lapsed, and not while it may still be on the wire", async () => {
    const { job, attempt } = await world.calling();
    await sweptAfter(STALE_MS);
    await sweptAfter(attempt.leaseUntil - world.clock.now);
    expect((await world.view(job)).attempts).toMatchObject([{ state: "intent" }]);
    expect(world.summoned).toEqual([]);
    // A second of grace, since clocks need not agree.
    const swept = await sweptAfter(1_000);
    expect((await world.view(job)).attempts).toMatchObject([
      { state: "unknown", error: { code: "PROVIDER_OUTCOME_UNKNOWN" } },
    ]);
    expect(swept).toMatchObject([{ stage: "invoke", jobId: job.jobId }]);
  });

  test("never written down is waited for as long as its claim holds", async () => {
    const job = await world.job();
    const claimUntil = START + 2 * STALE_MS;
    await world.ledger.jobs.claim(job, { claimId: "dead", claimUntil });
    expect(await sweptAfter(STALE_MS)).toEqual([]);
    expect(await sweptAfter(STALE_MS + 1_000)).toHaveLength(1);
  });
});

describe("the sweeper", () => {
  test("takes an ended job out of its index, should it still be there", async () => {
    const job = await world.job();
    const ended = await world.ledger.jobs.end(job, { status: "failed", costPicoUsd: 0n, counted: [] });
    expect(ended).not.toBeNull();
    expect(await sweptAfter(STALE_MS)).toEqual([]);
    expect((await world.ledger.jobs.due(Number.MAX_SAFE_INTEGER, 10)).jobIds).toEqual([]);
  });

  test("goes on with the others when one row cannot be swept", async () => {
    const jobs = await Promise.all(Array.from({ length: 5 }, () => world.job()));
    world.clock.now += STALE_MS;
    const options = world.sweeperOptions();
    const summoner = {
      ...options.summoner,
      async summon(stage: string, message: { jobId: string; generation: number }) {
        if (message.jobId === jobs[2]?.jobId) throw new Error("no Redis");
        world.summoned.push({ stage, message });
      },
    };
    await sweepOnce({ ...options, summoner });
    expect(world.summoned).toHaveLength(4);
    // What could not be summoned stays due.
    expect(await sweptAfter(0)).toMatchObject([{ jobId: jobs[2]?.jobId }]);
  });

  test("of two that run, one works; when it stops, the other takes over", async () => {
    const rounds = [0, 0];
    const sweepers = [0, 1].map((index) => {
      const { ledger, ...options } = world.sweeperOptions();
      const jobs = {
        ...ledger.jobs,
        due(...asked: Parameters<typeof ledger.jobs.due>) {
          rounds[index] = (rounds[index] ?? 0) + 1;
          return ledger.jobs.due(...asked);
        },
      };
      return startSweeper({ ...options, ledger: { ...ledger, jobs }, intervalMs: 20 });
    });
    // The clock stands still, so no lease runs out.
    await waitFor(() => Math.max(...rounds) >= 5);
    const worker = rounds.indexOf(Math.max(...rounds));
    const other = 1 - worker;
    expect(rounds[other]).toBe(0);
    expect(sweepers.map((sweeper) => sweeper.problem())).toEqual([null, null]);
    await sweepers[worker]?.stop();
    await waitFor(() => (rounds[other] ?? 0) > 0);
    await sweepers[other]?.stop();
  });
});

type Step = "call" | "answer" | "void" | "lose" | "settle" | "cancel" | "fail" | "sweep" | "wait" | "late";
const STEPS: readonly Step[] = [
  "call",
  "answer",
  "void",
  "lose",
  "settle",
  "cancel",
  "fail",
  "sweep",
  "wait",
  "late",
];

test("any schedule of workers, callers and sweepers ends a job once, with exact totals", async () => {
  const property = fc.asyncProperty(
    fc.array(fc.array(fc.constantFrom(...STEPS), { minLength: 1, maxLength: 3 }), { maxLength: 8 }),
    async (schedule) => {
      const job = await world.job();
      const ends = new Set<string>();
      for (const burst of schedule) {
        await Promise.allSettled(burst.map((step) => take(step, job.jobId)));
        const { job: seen } = await world.view(job);
        if (isTerminal(seen.status)) ends.add(seen.status);
      }
      // Whatever happened, the sweeper and settle bring it to an end by its deadline.
      for (let round = 0; round < 20 && !isTerminal((await world.view(job)).job.status); round += 1) {
        world.clock.now += 600_000;
        await world.sweep();
        await world.settle(job).catch(() => {});
      }
      await world.settle(job);
      const { job: ended, attempts } = await world.view(job);
      expect(isTerminal(ended.status)).toBe(true);
      ends.add(ended.status);
      expect(ends.size).toBe(1);
      expect(attempts.some((attempt) => attempt.state === "intent")).toBe(false);
      const settled = attempts.filter((attempt) => attempt.state === "settled");
      expect(ended.counted).toEqual(settled.map((attempt) => attempt.n));
      expect(ended.costPicoUsd).toBe(COST * BigInt(settled.length));
      world.clock.now = START;
      expect(await world.totals(ended.tenant)).toEqual({
        calls: settled.length,
        costPicoUsd: COST * BigInt(settled.length),
      });
    },
  );
  await fc.assert(property, { numRuns: 35 });
});

/** One step of somebody; steps that do not apply do nothing, as in life. */
async function take(step: Step, jobId: string): Promise<unknown> {
  const { job, attempts } = await world.view({ jobId });
  const open = attempts.find((attempt) => attempt.state === "intent");
  const { ledger, clock } = world;
  switch (step) {
    case "call":
      // As the invoker decides: never while another call may be open, nor for a job that is over.
      if (open !== undefined || isTerminal(job.status) || job.dueStage === "settle") return;
      if (attempts.some((attempt) => attempt.state === "settled")) return;
      return world.call({ jobId });
    case "answer":
      return open && ledger.attempts.settle(open, settlement(1));
    case "late": {
      const lost = attempts.find((attempt) => attempt.state === "unknown");
      return lost && ledger.attempts.settle(lost, settlement());
    }
    case "void":
      return open && ledger.attempts.voided(open, ERROR);
    case "lose":
      return open && ledger.attempts.unknown(open, ERROR);
    case "settle":
      return world.settle({ jobId });
    case "cancel":
      return isTerminal(job.status) ? null : ledger.jobs.cancel(job);
    case "fail":
      return isTerminal(job.status) ? null : ledger.jobs.fail(job, ERROR);
    case "sweep":
      return world.sweep();
    case "wait":
      clock.now += 20_000;
      return;
  }
}

function settlement(resultChunks?: number) {
  const answer = { usage: USAGE, costPicoUsd: COST, providerRequestId: null };
  return resultChunks === undefined ? answer : { ...answer, resultChunks };
}
