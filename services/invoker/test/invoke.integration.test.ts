import type { SettleMessage } from "@switchyard/shared/contracts";
import type { SwitchyardError } from "@switchyard/shared/errors";
import { type AttemptRow, LEASE_GRACE_MS } from "@switchyard/shared/ledger";
import { watchLeaks } from "@switchyard/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { newJobId, sha256, usingWorld, type World } from "./support.ts";

afterAll(watchLeaks());

let world: World;

beforeAll(async () => {
  world = await usingWorld();
});
afterAll(() => world[Symbol.asyncDispose]());

function errorOf(run: Promise<unknown>): Promise<SwitchyardError> {
  return run.then(
    (value) => {
      throw new Error(`did not fail: ${JSON.stringify(value)}`);
    },
    (error: unknown) => error as SwitchyardError,
  );
}

/** What a job's attempts and the provider's bill must agree on, whatever happened. */
async function expectAgreement(job: { jobId: string }): Promise<void> {
  const { attempts } = await world.view(job);
  for (const line of world.billed(job)) {
    const row = attempts.find(({ jobId, n }) => `${jobId}.${n}` === line.attemptId);
    expect(["settled", "unknown"]).toContain(row?.state);
    if (row?.state === "settled") expect(row.costPicoUsd).toBe(BigInt(line.costPicoUsd));
  }
}

describe("an answer", () => {
  test("is stored, priced as billed, and handed to settle with what it took", async () => {
    const job = await world.job();
    const message = await world.run(job);
    const [line] = world.billed(job);
    const { attempts } = await world.view(job);
    const [row] = attempts as [AttemptRow];
    expect(row).toMatchObject({
      n: 1,
      state: "settled",
      costPicoUsd: BigInt(line?.costPicoUsd ?? 0),
      providerRequestId: line?.requestId,
      finishReason: "stop",
      class: "CALCULATION",
      resultChunks: 1,
    });
    expect(row.costPicoUsd).toBeGreaterThan(0n);
    expect(message).toEqual({
      version: 1,
      jobId: job.jobId,
      generation: 1,
      attempt: {
        ...{ n: 1, usage: row.usage, providerRequestId: row.providerRequestId },
        ...{ finishReason: "stop", responseModel: row.responseModel, resultChunks: 1 },
      },
    });
    const text = await world.ledger.contents.readResult(row);
    expect(sha256(text ?? "")).toBe(line?.answerSha256);
    expect(line?.promptSha256).toBe(sha256("What is 6 * 7?"));
  });

  test("without a usage is kept, and told as estimated: it is paid for once, and in no sum", async () => {
    const job = await world.job();
    const message = await world.run(job, { providerModel: "fault-no-usage" });
    const { attempts } = await world.view(job);
    const method = "utf8-bytes/3";
    expect(attempts).toMatchObject([{ state: "settled", estimate: { method }, resultChunks: 1 }]);
    expect(attempts[0]).not.toHaveProperty("costPicoUsd");
    expect(attempts[0]).not.toHaveProperty("usage");
    expect(attempts[0]?.estimate?.costPicoUsd).toBeGreaterThan(0n);
    expect(message).toMatchObject({ attempt: { estimate: method, usage: attempts[0]?.estimate?.usage } });
    expect(world.billed(job)).toHaveLength(1);
  });

  test("is replayed, never paid for again, by a run that comes after it", async () => {
    const job = await world.job();
    await world.run(job);
    const before = await world.view(job);
    for (let round = 0; round < 3; round += 1) {
      expect(await world.run(job)).toEqual({ version: 1, jobId: job.jobId, generation: 1 });
    }
    expect(world.billed(job)).toHaveLength(1);
    expect(await world.view(job)).toEqual(before);
  });

  test("is paid for once, however many runs of its job there are at the same time", async () => {
    for (let round = 0; round < 25; round += 1) {
      const job = await world.job();
      const runs = await Promise.allSettled(Array.from({ length: 3 }, () => world.run(job)));
      const lost = runs
        .filter((run) => run.status === "rejected")
        .map((run) => run.reason as SwitchyardError);
      expect(runs.filter((run) => run.status === "fulfilled").length).toBeGreaterThan(0);
      for (const error of lost) expect(error).toMatchObject({ code: "ROW_CONFLICT", isRetriable: true });
      expect(world.billed(job)).toHaveLength(1);
      await expectAgreement(job);
    }
  });
});

describe("a call that fails", () => {
  test.each([
    ["fault-429;retry-after=3", "void", "PROVIDER_THROTTLED", true],
    ["fault-500", "void", "PROVIDER_UNAVAILABLE", true],
    ["fault-401", "void", "PROVIDER_KEY_REFUSED", true],
    ["fault-400", "void", "PROVIDER_REFUSED", false],
    ["fault-reset", "unknown", "PROVIDER_OUTCOME_UNKNOWN", true],
    ["fault-truncated", "unknown", "PROVIDER_OUTCOME_UNKNOWN", true],
    ["fault-malformed", "unknown", "PROVIDER_OUTCOME_UNKNOWN", true],
    ["fault-absurd-usage", "unknown", "PROVIDER_OUTCOME_UNKNOWN", true],
    ["fault-hang", "unknown", "PROVIDER_OUTCOME_UNKNOWN", true],
  ])("by %s is %s, and the job's next run is %s (again: %s)", async (providerModel, state, code, isAgain) => {
    const job = await world.job();
    const error = await errorOf(world.run(job, { providerModel, timeoutMs: 500 }));
    expect(error).toMatchObject({ code, isRetriable: isAgain });
    if (code === "PROVIDER_THROTTLED") expect(error.retryAfterMs).toBe(3_000);
    const { attempts } = await world.view(job);
    expect(attempts).toMatchObject([{ n: 1, state, error: { code } }]);
    expect(attempts[0]).not.toHaveProperty("costPicoUsd");
    expect(attempts[0]?.maxCostPicoUsd).toBeGreaterThan(0n);
    await expectAgreement(job);
    if (!isAgain) return;
    await world.run(job);
    const again = await world.view(job);
    expect(again.attempts.map((row) => row.state)).toEqual([state, "settled"]);
    await expectAgreement(job);
  });

  test("with an unknown outcome is not paid for again when the job says fail", async () => {
    const job = await world.job({ request: { onUnknown: "fail" } });
    await errorOf(world.run(job, { providerModel: "fault-reset" }));
    const error = await errorOf(world.run(job));
    expect(error.isRetriable).toBe(false);
    expect(error.message).toContain("on_unknown is fail");
    expect(world.billed(job)).toHaveLength(1);
    expect((await world.view(job)).attempts).toHaveLength(1);
  });

  test("with an unknown outcome twice ends the job: each may have been billed", async () => {
    const job = await world.job();
    for (let round = 0; round < 2; round += 1)
      await errorOf(world.run(job, { providerModel: "fault-reset" }));
    const error = await errorOf(world.run(job));
    expect(error.isRetriable).toBe(false);
    expect(world.billed(job)).toHaveLength(2);
    await expectAgreement(job);
  });

  test("as often as the catalogue allows exhausts its attempts, and the last reason is told", async () => {
    const job = await world.job();
    for (let round = 0; round < 3; round += 1) await errorOf(world.run(job, { providerModel: "fault-503" }));
    const error = await errorOf(world.run(job));
    expect(error).toMatchObject({ code: "ATTEMPTS_EXHAUSTED", isRetriable: false });
    expect(error.message).toMatch(/3 calls failed; the last: \S+/);
    expect((await world.view(job)).attempts).toHaveLength(3);
  });

  test("because it was asked to slow down uses up no attempt", async () => {
    const job = await world.job();
    for (let round = 0; round < 5; round += 1) {
      const error = await errorOf(world.run(job, { providerModel: "fault-429-no-retry-after" }));
      expect(error.code).toBe("PROVIDER_THROTTLED");
    }
    expect(await world.run(job)).toMatchObject({ attempt: { n: 6 } });
    expect(world.billed(job)).toHaveLength(1);
  });

  test("by being withdrawn leaves its intent: the lease decides, and nobody else calls before it lapses", async () => {
    const job = await world.job();
    const controller = new AbortController();
    const run = errorOf(world.run(job, { providerModel: "fault-hang", signal: controller.signal }));
    await expect.poll(() => world.simulator.inFlight().now).toBeGreaterThan(0);
    controller.abort("shutdown");
    expect(await run).toMatchObject({ isRetriable: true });
    expect((await world.view(job)).attempts).toMatchObject([{ state: "intent" }]);
    const waiting = await errorOf(world.run(job));
    expect(waiting.retryAfterMs).toBeGreaterThan(1_000);
    expect((await world.view(job)).attempts).toHaveLength(1);
    const leaseUntil = (await world.view(job)).attempts[0]?.leaseUntil ?? 0;
    await world.run(job, { now: () => leaseUntil + LEASE_GRACE_MS });
    expect((await world.view(job)).attempts.map((row) => row.state)).toEqual(["unknown", "settled"]);
  });
});

describe("a summons", () => {
  test("to a job that is unknown, of another generation or at its end calls nobody", async () => {
    const job = await world.job();
    expect(await world.run({ jobId: newJobId() })).toBeNull();
    expect(await world.run(job, { generation: 2 })).toBeNull();
    const end = { status: "failed" as const, costPicoUsd: 0n, counted: [] };
    await world.ledger.jobs.end(job, end);
    expect(await world.run(job)).toBeNull();
    expect((await world.view(job)).attempts).toEqual([]);
  });

  test("to a job that was given up, cancelled or too late goes on to settle, and calls nobody", async () => {
    const failed = await world.job();
    await world.ledger.jobs.fail(failed, { code: "PROVIDER_REFUSED", message: "no" });
    const cancelled = await world.job();
    await world.ledger.jobs.cancel(cancelled);
    const late = await world.job({ deadlineAt: Date.now() - 1 });
    for (const job of [failed, cancelled, late]) {
      const message: SettleMessage = { version: 1, jobId: job.jobId, generation: 1 };
      expect(await world.run(job)).toEqual(message);
      expect(world.billed(job)).toEqual([]);
    }
  });

  test("waits for a claim whose claimer may be about to call, and takes over once that has lapsed", async () => {
    const job = await world.job();
    const claimUntil = Date.now() + 10_000;
    await world.ledger.jobs.claim(job, { claimId: "dead", claimUntil });
    const waiting = await errorOf(world.run(job));
    expect(waiting.retryAfterMs).toBeGreaterThan(5_000);
    await world.run(job, { now: () => claimUntil + 1 });
    const { attempts } = await world.view(job);
    expect(attempts).toMatchObject([{ n: 2, state: "settled" }]);
    expect(world.billed(job)).toHaveLength(1);
  });

  test("to a job whose late answer is not in the totals goes on to settle although the job has ended", async () => {
    const job = await world.job();
    await errorOf(world.run(job, { providerModel: "fault-reset" }));
    const { job: seen, attempts } = await world.view(job);
    await world.ledger.jobs.end(seen, { status: "failed", costPicoUsd: 0n, counted: [] });
    const usage = { inputTokens: 1, cachedInputTokens: 0, cacheWriteTokens: 0, outputTokens: 1 };
    await world.ledger.attempts.settle(attempts[0] as AttemptRow, {
      ...{ usage: { ...usage, reasoningTokens: 0 }, costPicoUsd: 9n, providerRequestId: null },
    });
    expect(await world.run(job)).toEqual({ version: 1, jobId: job.jobId, generation: 1 });
    const { job: ended } = await world.view(job);
    await world.ledger.jobs.recount(ended, { costPicoUsd: 9n, counted: [1] });
    expect(await world.run(job)).toBeNull();
  });
});
