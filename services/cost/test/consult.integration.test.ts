import type { JobRow, NewIntent } from "@switchyard/shared/ledger";
import { watchLeaks } from "@switchyard/testkit";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { COST, newJobId, STALE_MS, USAGE, usingWorld, type World } from "./support.ts";

afterAll(watchLeaks());

let world: World;
const UNKNOWN = { code: "PROVIDER_OUTCOME_UNKNOWN", message: "no answer" };
const REFUSED = { code: "PROVIDER_REFUSED", message: "no" };

beforeEach(async () => {
  world = await usingWorld();
  return () => world[Symbol.asyncDispose]();
});

/** A job that a model is to judge. */
async function consulting(deadlineMs = 3_600_000): Promise<JobRow> {
  const job = await world.job({ deadlineAt: world.clock.now + deadlineMs });
  const gate = {
    asked: true,
    price_usd: "0",
    expected_saving_usd: "0",
    confidence: 0,
    reason: "pays",
  } as const;
  const consult = {
    modelId: "sim-small",
    endsAt: world.clock.now + 5_000,
    localClass: "SIMPLE",
    gate,
  } as const;
  return (await world.ledger.jobs.consulting(job, consult)) as JobRow;
}

/** And its judge is called. */
async function judging(deadlineMs?: number): Promise<{ job: JobRow; attempt: NewIntent }> {
  const due = await consulting(deadlineMs);
  const claim = { claimId: newJobId(), claimUntil: world.clock.now + 5_000, isConsult: true };
  const job = (await world.ledger.jobs.claim(due, claim)) as JobRow;
  const attempt: NewIntent = {
    ...{ jobId: job.jobId, n: 1, generation: 1, kind: "classify", claimId: claim.claimId },
    ...{ modelId: "sim-small", providerId: "simulated", tenant: job.tenant, class: "SIMPLE" },
    ...{ startedAt: world.clock.now, leaseUntil: world.clock.now + 15_000, maxCostPicoUsd: 1_000n },
    price: { id: "p", bookVersion: "1", inputPicoUsd: 3n, outputPicoUsd: 7n },
  };
  await world.ledger.attempts.intend(attempt);
  return { job, attempt };
}

const judged = (attempt: NewIntent) =>
  world.ledger.attempts.settle(attempt, {
    ...{ usage: USAGE, costPicoUsd: COST, providerRequestId: "r", judged: "COMPLEX" },
  });

const read = async ({ jobId }: JobRow) => (await world.ledger.jobs.read(jobId)) as JobRow;

async function expectBooked(job: JobRow, end: Partial<JobRow>): Promise<void> {
  await world.settle(job);
  expect(await read(job)).toMatchObject({ ...end, costPicoUsd: COST, counted: [1] });
  expect(await world.totals(job.tenant)).toEqual({ calls: 1, costPicoUsd: COST });
  const [line] = await world.ledger.totals.read(job.tenant, "2026-06-01");
  expect(line).toMatchObject({ kind: "classify", model: "sim-small" });
}

describe("what a judgement took is booked", () => {
  test("of a job that is cancelled", async () => {
    const { job, attempt } = await judging();
    await world.ledger.jobs.cancel(job);
    await judged(attempt);
    await expectBooked(job, { status: "cancelled" });
  });

  test("of a job that fails", async () => {
    const { job, attempt } = await judging();
    await judged(attempt);
    await world.ledger.jobs.fail(job, REFUSED);
    await expectBooked(job, { status: "failed" });
  });

  test("of a job whose deadline passes before its own call, which has failed: something was paid", async () => {
    const { job, attempt } = await judging(20_000);
    await judged(attempt);
    world.clock.now += 20_000;
    await expectBooked(job, {
      status: "failed",
      failure: expect.objectContaining({ code: "DEADLINE_PASSED" }),
    });
  });

  test("of a job that succeeds, beside its answer, which it is not", async () => {
    const { job, attempt } = await judging();
    await judged(attempt);
    await world.settle(job);
    expect((await read(job)).status).toBe("queued");
    await world.ledger.jobs.consulted(job, { answer: "COMPLEX" });
    await world.answer(await world.call(job));
    await world.settle(job);
    expect(await read(job)).toMatchObject({ status: "succeeded", resultAttempt: 2, costPicoUsd: 2n * COST });
    expect(await world.totals(job.tenant)).toEqual({ calls: 2, costPicoUsd: 2n * COST });
  });

  test("when it comes after the job has ended, by the summons that brings it", async () => {
    const { job, attempt } = await judging();
    await world.ledger.attempts.unknown(attempt, UNKNOWN);
    await world.ledger.jobs.cancel(job);
    await world.settle(job);
    expect(await read(job)).toMatchObject({ status: "cancelled", costPicoUsd: 0n });
    await world.settle(job, { n: 1, usage: USAGE, providerRequestId: null, judged: "COMPLEX" });
    expect(await read(job)).toMatchObject({ status: "cancelled", costPicoUsd: COST, counted: [1] });
    expect((await world.view(job)).attempts).toMatchObject([{ state: "settled", judged: "COMPLEX" }]);
  });
});

describe("the sweeper", () => {
  async function swept(ms: number): Promise<unknown[]> {
    world.clock.now += ms;
    world.summoned.length = 0;
    await world.sweep();
    return world.summoned.map(({ stage, message }) => [stage, message.jobId]);
  }

  test("summons stage classify to a job that is to be judged and has not moved: it knows what is due", async () => {
    const job = await consulting();
    expect(await swept(STALE_MS)).toEqual([["classify", job.jobId]]);
  });

  test("writes off a judgement whose process is gone, and has the job decided without it", async () => {
    const { job } = await judging();
    expect(await swept(STALE_MS)).toEqual([["classify", job.jobId]]);
    expect((await world.view(job)).attempts).toMatchObject([{ kind: "classify", state: "unknown" }]);
  });

  test("leaves a judgement alone that may be on the wire", async () => {
    await judging();
    expect(await swept(14_000)).toEqual([]);
  });
});
