import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { type Ledger, openLedger } from "@switchyard/shared/ledger";
import { createLogger } from "@switchyard/shared/telemetry";
import { watchLeaks } from "@switchyard/testkit";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { settleWith } from "../src/settle.ts";
import { CATALOGUE, COST, newJobId, START, USAGE, usingWorld, type World } from "./support.ts";

afterAll(watchLeaks());

let world: World;
const UNKNOWN = { code: "PROVIDER_OUTCOME_UNKNOWN", message: "no answer" };
const REFUSED = { code: "PROVIDER_REFUSED", message: "no" };

beforeAll(async () => {
  world = await usingWorld();
});
afterAll(() => world[Symbol.asyncDispose]());
beforeEach(() => {
  world.clock.now = START;
  world.events.length = 0;
});

describe("settle", () => {
  test("ends an answered job with its cost, its saving's base, and its call in the totals", async () => {
    const { job, attempt } = await world.calling();
    await world.answer(attempt);
    await world.settle(job);
    const { job: ended } = await world.view(job);
    expect(ended).toMatchObject({
      status: "succeeded",
      resultAttempt: 1,
      costPicoUsd: COST,
      baselinePicoUsd: 440n,
      counted: [1],
    });
    expect(ended).not.toHaveProperty("attentionAt");
    expect(ended).not.toHaveProperty("unpricedCalls");
    expect(await world.totals(job.tenant)).toEqual({ calls: 1, costPicoUsd: COST });
    expect(world.events).toMatchObject([{ jobId: job.jobId, version: ended.version, status: "succeeded" }]);
  });

  test("changes nothing the second time, nor ten at once", async () => {
    const { job, attempt } = await world.calling();
    await world.answer(attempt);
    await Promise.allSettled(Array.from({ length: 10 }, () => world.settle(job)));
    const before = await world.view(job);
    expect(before.job.status).toBe("succeeded");
    await world.settle(job);
    expect(await world.view(job)).toEqual(before);
    expect(await world.totals(job.tenant)).toEqual({ calls: 1, costPicoUsd: COST });
    expect(world.events).toHaveLength(1);
  });

  test("writes what the summons brought where the invoker could not", async () => {
    const { job, attempt } = await world.calling();
    await world.settle(job, { n: attempt.n, usage: USAGE, providerRequestId: "late" });
    const { job: ended, attempts } = await world.view(job);
    expect(attempts).toMatchObject([{ state: "settled", costPicoUsd: COST, providerRequestId: "late" }]);
    expect(await world.totals(job.tenant)).toEqual({ calls: 1, costPicoUsd: COST });
    // The answer's text was lost with the invoker: paid for, and said so.
    expect(ended).toMatchObject({ status: "failed", failure: { code: "RESULT_LOST" }, costPicoUsd: COST });
  });

  test("gives the answer out whose text was stored before the row could be written", async () => {
    const { job, attempt } = await world.calling();
    const expiresAt = Math.ceil(START / 1_000) + 86_400;
    const { jobId, n } = attempt;
    const resultChunks = await world.ledger.contents.writeResult({ jobId, attempt: n, text: "4", expiresAt });
    const told = { finishReason: "stop", responseModel: "sim-small" };
    await world.settle(job, { n, usage: USAGE, providerRequestId: "late", resultChunks, ...told });
    const { job: ended, attempts } = await world.view(job);
    expect(attempts).toMatchObject([{ state: "settled", costPicoUsd: COST, resultChunks, ...told }]);
    expect(ended).toMatchObject({ status: "succeeded", resultAttempt: n });
  });

  test("books an estimate as one: no sum contains it", async () => {
    const { job, attempt } = await world.calling();
    const facts = { n: attempt.n, usage: USAGE, providerRequestId: null };
    await world.settle(job, { ...facts, estimate: "utf8-bytes/3", serviceTier: "default" });
    const { job: ended, attempts } = await world.view(job);
    const estimate = { method: "utf8-bytes/3", usage: USAGE, costPicoUsd: COST };
    expect(attempts).toMatchObject([{ state: "settled", estimate }]);
    expect(ended).toMatchObject({ costPicoUsd: 0n, unpricedCalls: 1 });
    expect(await world.totals(job.tenant)).toEqual({ calls: 1, costPicoUsd: 0n });
  });

  test("goes by the row, not by its own wish, when its repair met another or lost its reply", async () => {
    const { job, attempt } = await world.calling();
    const { attempts } = world.ledger;
    const lossy: Ledger = {
      ...world.ledger,
      within: () => lossy,
      attempts: {
        ...attempts,
        settle: async (...given: Parameters<typeof attempts.settle>) => {
          await attempts.settle(...given);
          return false;
        },
      },
    };
    await world.settle(job, { n: attempt.n, usage: USAGE, providerRequestId: null }, lossy);
    expect((await world.view(job)).job).toMatchObject({ status: "failed", costPicoUsd: COST });
  });

  test("ends with its time while DynamoDB does not answer, also what waits behind the request of another", async () => {
    const sockets: Socket[] = [];
    const server = createServer((socket) => sockets.push(socket)).listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const silent = openLedger({ tableName: "t", region: "us-east-1", endpoint: `http://127.0.0.1:${port}` });
    const handler = settleWith({
      ...{ ledger: silent, chargeBudgets: async () => {}, events: { publish: () => {} } },
      ...{ metrics: world.metrics, catalogue: CATALOGUE, log: createLogger("test", "silent") },
    });
    const time = new AbortController();
    const run = () => handler({ version: 1, jobId: newJobId(), generation: 1 }, { signal: time.signal });
    const first = run();
    await once(server, "connection");
    const runs = Promise.allSettled([first, run()]);
    time.abort();
    const reason = { code: "LEDGER_UNAVAILABLE", message: expect.stringContaining("in time") };
    expect(await runs).toMatchObject([
      { status: "rejected", reason },
      { status: "rejected", reason },
    ]);
    silent.close();
    for (const socket of sockets) socket.destroy();
    server.close();
  });

  test("never overwrites what the invoker wrote with what the summons brought", async () => {
    const { job, attempt } = await world.calling();
    await world.answer(attempt);
    const usage = { ...USAGE, outputTokens: 1_000 };
    await world.settle(job, { n: attempt.n, usage, providerRequestId: "other" });
    expect((await world.view(job)).attempts).toMatchObject([{ costPicoUsd: COST, providerRequestId: "r" }]);
    expect(await world.totals(job.tenant)).toEqual({ calls: 1, costPicoUsd: COST });
  });

  test("takes no facts for a call that certainly was not billed, or that is not there", async () => {
    const { job, attempt } = await world.calling();
    await world.ledger.attempts.voided(attempt, REFUSED);
    await world.settle(job, { n: 1, usage: USAGE, providerRequestId: null });
    await world.settle(job, { n: 7, usage: USAGE, providerRequestId: null });
    expect((await world.view(job)).attempts).toMatchObject([{ state: "void" }]);
    expect(await world.totals(job.tenant)).toEqual({ calls: 0, costPicoUsd: 0n });
  });

  test("leaves a job to the stage it is due for, and one that is not there or another generation alone", async () => {
    const job = await world.job();
    await world.settle(job);
    expect((await world.view(job)).job).toEqual(job);
    expect(await world.settle({ jobId: newJobId() })).toBeNull();
  });

  test("sums every settled call of a job, and only those", async () => {
    const { job, attempt } = await world.calling();
    await world.ledger.attempts.voided(attempt, REFUSED);
    const second = await world.call(job);
    await world.ledger.attempts.unknown(second, UNKNOWN);
    await world.ledger.attempts.settle(second, { usage: USAGE, costPicoUsd: 5n, providerRequestId: null });
    await world.answer(await world.call(job));
    await world.settle(job);
    const { job: ended } = await world.view(job);
    expect(ended).toMatchObject({ status: "succeeded", costPicoUsd: COST + 5n, counted: [2, 3] });
    expect(await world.totals(job.tenant)).toEqual({ calls: 2, costPicoUsd: COST + 5n });
  });
});

describe("the end of a job", () => {
  test("waits for a call that is on the wire, even when the caller has cancelled", async () => {
    const { job, attempt } = await world.calling();
    await world.ledger.jobs.cancel(job);
    await world.settle(job);
    const waiting = (await world.view(job)).job;
    expect(waiting.status).toBe("cancelling");
    // Looked at again once the lease has lapsed, so that it cannot hang.
    expect(waiting.attentionAt).toBeGreaterThan(attempt.leaseUntil);
    await world.answer(attempt);
    await world.settle(job);
    // The cancel was accepted, so it wins; the call was paid for, so it counts.
    expect((await world.view(job)).job).toMatchObject({ status: "cancelled", costPicoUsd: COST });
    expect(await world.totals(job.tenant)).toEqual({ calls: 1, costPicoUsd: COST });
  });

  test("is cancelled at once when nothing was called", async () => {
    const job = await world.job();
    await world.ledger.jobs.cancel(job);
    await world.settle(job);
    expect((await world.view(job)).job).toMatchObject({ status: "cancelled", costPicoUsd: 0n });
  });

  test("is failed with the reason that was written down", async () => {
    const { job, attempt } = await world.calling();
    await world.ledger.attempts.unknown(attempt, UNKNOWN);
    await world.ledger.jobs.fail((await world.view(job)).job, REFUSED);
    await world.settle(job);
    expect((await world.view(job)).job).toMatchObject({ status: "failed", failure: REFUSED });
  });

  test("is an answer that was paid for, although the job was given up meanwhile", async () => {
    const { job, attempt } = await world.calling();
    await world.ledger.jobs.fail(job, REFUSED);
    await world.answer(attempt);
    await world.settle(job);
    expect((await world.view(job)).job).toMatchObject({ status: "succeeded", resultAttempt: 1 });
  });

  test("at its deadline is expired when nothing was paid, and failed when something may have been", async () => {
    const expired = await world.job({ deadlineAt: START + 60_000 });
    const { job: voided, attempt } = await world.calling({ deadlineAt: START + 60_000 });
    await world.ledger.attempts.voided(attempt, REFUSED);
    const { job: risked, attempt: open } = await world.calling({ deadlineAt: START + 60_000 });
    await world.ledger.attempts.unknown(open, UNKNOWN);
    world.clock.now = START + 59_999;
    for (const job of [expired, voided, risked]) await world.settle(job);
    expect((await world.view(expired)).job.status).toBe("queued");
    world.clock.now = START + 60_000;
    for (const job of [expired, voided, risked]) await world.settle(job);
    expect((await world.view(expired)).job.status).toBe("expired");
    expect((await world.view(voided)).job.status).toBe("expired");
    expect((await world.view(risked)).job).toMatchObject({
      status: "failed",
      failure: { code: "DEADLINE_PASSED" },
    });
  });
});

describe("a call that tells its end after its job's", () => {
  async function endedWithUnknown() {
    const { job, attempt } = await world.calling();
    await world.ledger.attempts.unknown(attempt, UNKNOWN);
    await world.ledger.jobs.fail((await world.view(job)).job, REFUSED);
    await world.settle(job);
    expect((await world.view(job)).job).toMatchObject({ status: "failed", costPicoUsd: 0n, counted: [] });
    return { job, attempt };
  }

  test("is counted once, however often settle is summoned, and the job's end stays", async () => {
    const { job, attempt } = await endedWithUnknown();
    const facts = { n: attempt.n, usage: USAGE, providerRequestId: null };
    await Promise.allSettled(Array.from({ length: 5 }, () => world.settle(job, facts)));
    await world.settle(job, facts);
    await world.settle(job);
    expect((await world.view(job)).job).toMatchObject({ status: "failed", costPicoUsd: COST, counted: [1] });
    expect(await world.totals(job.tenant)).toEqual({ calls: 1, costPicoUsd: COST });
  });

  test("is counted also when the one who settled it died before it could summon with facts", async () => {
    const { job, attempt } = await endedWithUnknown();
    await world.answer(attempt);
    await world.settle(job);
    expect((await world.view(job)).job).toMatchObject({ status: "failed", costPicoUsd: COST, counted: [1] });
    expect(await world.totals(job.tenant)).toEqual({ calls: 1, costPicoUsd: COST });
  });
});
