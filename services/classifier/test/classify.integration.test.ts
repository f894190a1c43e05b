import type { Catalogue } from "@switchyard/shared/catalogue";
import type { JobRow, Ledger, NewJob } from "@switchyard/shared/ledger";
import {
  connect,
  type JobEvent,
  openSummoner,
  type RedisConnection,
  runStage,
} from "@switchyard/shared/queues";
import { writeOffWith } from "@switchyard/shared/service";
import { createLogger, createMetrics } from "@switchyard/shared/telemetry";
import { testRedis, uniquePrefix, waitFor, watchLeaks } from "@switchyard/testkit";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { classifyWith } from "../src/classify.ts";
import { explainWith } from "../src/explain.ts";
import { NOBODY, newJobId, type TestDecider, type TestJobs, usingJobs } from "./support.ts";

afterAll(watchLeaks());

let jobs: TestJobs;
let ledger: Ledger;
let decider: TestDecider;
const events: JobEvent[] = [];
const metrics = createMetrics("test");
const jobOf: TestJobs["jobOf"] = (...given) => jobs.jobOf(...given);
const read: TestJobs["read"] = (job) => jobs.read(job);

beforeAll(async () => {
  jobs = await usingJobs();
  ({ ledger, decider } = jobs);
  return jobs.close;
});
beforeEach(() => {
  events.length = 0;
});

function classify(
  { jobId }: Pick<JobRow, "jobId">,
  overrides: Partial<TestDecider> & { generation?: number } = {},
) {
  const { generation = 1, ...own } = overrides;
  const publisher = { publish: (event: JobEvent) => void events.push(event) };
  const handler = classifyWith({ ...decider, ledger, events: publisher, summoner: NOBODY, metrics, ...own });
  return handler({ version: 1, jobId, generation }, { signal: new AbortController().signal });
}

const SUM = "What is 17 * 23 + 4?";
const HARD =
  "Design a fault-tolerant payment system, compare three architectures and prove their consistency.";

describe("stage classify", () => {
  test("writes its decision on the row, then hands over to the model that it chose", async () => {
    const job = await jobOf(SUM);
    const message = await classify(job);
    const row = await read(job);
    expect(message).toEqual({
      version: 1,
      jobId: job.jobId,
      generation: 1,
      tenant: job.tenant,
      priority: "normal",
      modelId: row.modelId,
    });
    expect(row).toMatchObject({ dueStage: "invoke", status: "queued", version: job.version + 1 });
    expect(decider.catalogue.routes[row.decision?.class ?? "SIMPLE"]).toContain(row.modelId);
    const candidates = row.decision?.candidates ?? [];
    const active = [...decider.catalogue.models.values()].filter((model) => model.isActive);
    expect(candidates.map(({ model }) => model).sort()).toEqual(active.map(({ id }) => id).sort());
    const chosen = candidates.filter((candidate) => candidate.rejected_because === null);
    expect(chosen.map(({ model }) => model)).toEqual([row.modelId]);
    expect(row.decision?.reasons.length).toBeGreaterThan(0);
    expect(events).toMatchObject([{ jobId: job.jobId, version: row.version }]);
  });

  test("repeats the hand-over when it is summoned again, and judges only once", async () => {
    const job = await jobOf(SUM);
    const message = await classify(job);
    const before = await read(job);
    let judged = 0;
    const judge: TestDecider["judge"] = {
      judge(request) {
        judged += 1;
        return decider.judge.judge(request);
      },
    };
    for (let round = 0; round < 3; round += 1) expect(await classify(job, { judge })).toEqual(message);
    expect(judged).toBe(0);
    expect(await read(job)).toEqual(before);
  });

  test("judges no job past its deadline, and hands none on to a pool", async () => {
    const late = await jobOf(SUM, { inMs: -1 });
    expect(await classify(late)).toBeNull();
    expect(await read(late)).toEqual(late);
  });

  test("run many times at once writes one decision; the others come again and hand the same on", async () => {
    const job = await jobOf(HARD);
    const runs = await Promise.allSettled(Array.from({ length: 8 }, () => classify(job)));
    const won = runs.filter((run) => run.status === "fulfilled");
    expect(won.length).toBeGreaterThan(0);
    for (const run of runs) {
      if (run.status === "rejected")
        expect(run.reason).toMatchObject({ code: "ROW_CONFLICT", isRetriable: true });
    }
    const row = await read(job);
    expect(row.version).toBe(job.version + 1);
    expect(events).toHaveLength(1);
    expect(await classify(job)).toMatchObject({ modelId: row.modelId });
  });

  test("does nothing for a job that has ended, was given up, or is of another generation", async () => {
    const ended = await jobOf(SUM);
    await ledger.jobs.end(ended, { status: "failed", costPicoUsd: 0n, counted: [] });
    const cancelled = await jobOf(SUM);
    await ledger.jobs.cancel(cancelled);
    const other = await jobOf(SUM);
    for (const job of [ended, cancelled]) expect(await classify(job)).toBeNull();
    expect(await classify(other, { generation: 2 })).toBeNull();
    expect(await classify({ jobId: newJobId() })).toBeNull();
    for (const job of [ended, cancelled, other]) expect(await read(job)).not.toHaveProperty("decision");
  });

  test("takes the model that was asked for by name, whatever the class", async () => {
    const job = await jobOf(SUM, { model: "sim-large" });
    expect(await classify(job)).toMatchObject({ modelId: "sim-large" });
  });

  test.each([
    ["a model that is not active", { model: "gpt-5.2" }, "MODEL_UNKNOWN"],
    ["a cost limit below every model", { maxCostUsd: "0.000000000001" }, "COST_LIMIT_EXCEEDED"],
  ])(
    "refuses for good what cannot be routed (%s), and leaves the row undecided",
    async (_, request, code) => {
      const job = await jobOf(SUM, request);
      await expect(classify(job)).rejects.toMatchObject({ code, isRetriable: false });
      expect(await read(job)).toEqual(job);
    },
  );

  test("refuses for good when no active model serves the class", async () => {
    const routes = { SIMPLE: [], CALCULATION: [], COMPLEX: [] };
    const catalogue: Catalogue = { ...decider.catalogue, routes };
    const job = await jobOf(SUM);
    await expect(classify(job, { catalogue })).rejects.toMatchObject({ code: "ROUTE_MISSING" });
  });
});

describe("in its queue", () => {
  let redis: RedisConnection;
  let worker: RedisConnection;

  beforeEach(async () => {
    const server = await testRedis();
    redis = connect(server.url, "producer");
    worker = connect(server.url, "worker");
    await waitFor(() => redis.status === "ready");
    return async () => {
      redis.disconnect();
      worker.disconnect();
      await server.stop();
    };
  });

  test("a job that cannot be routed is a dead letter: its row says why, and settle is summoned", async () => {
    const prefix = uniquePrefix("{classify}");
    const summoner = openSummoner(redis, prefix);
    const runner = runStage({
      stage: "classify",
      redis: worker,
      prefix,
      summoner,
      handler: classifyWith({ ...decider, ledger, events: { publish: () => {} }, summoner, metrics }),
      onDeadLetter: writeOffWith(ledger),
      concurrency: 2,
      log: createLogger("test", "silent"),
      metrics,
    });
    const lost = await jobOf(SUM, { model: "gpt-5.2" });
    const good = await jobOf(SUM);
    for (const { jobId, generation } of [lost, good])
      await summoner.summon("classify", { version: 1, jobId, generation });
    await waitFor(async () => (await read(good)).modelId);
    const row = await waitFor(async () => {
      const seen = await read(lost);
      return seen.failure && seen;
    });
    expect(row).toMatchObject({ dueStage: "settle", failure: { code: "MODEL_UNKNOWN" } });
    await waitFor(async () => (await redis.llen(`${prefix}:settle:wait`)) === 1);
    const [id] = await redis.lrange(`${prefix}:settle:wait`, 0, 0);
    expect(await redis.hget(`${prefix}:settle:${id}`, "data")).toContain(lost.jobId);
    await runner.drain(5_000);
    await summoner.close();
  });
});

describe("explain", () => {
  const asked = (prompt: string, request: Partial<NewJob["request"]> = {}) =>
    explainWith(decider)({
      messages: [{ role: "user", content: prompt }],
      modelRequested: request.model ?? "auto",
      promptBytes: Buffer.byteLength(prompt),
      maxOutputTokens: request.maxOutputTokens ?? null,
      maxCostUsd: request.maxCostUsd ?? null,
      ...(request.bounds === undefined ? {} : { bounds: request.bounds }),
    });

  test.each([
    [SUM, {}],
    [HARD, {}],
    ["Hello!", {}],
    [HARD, { maxCostUsd: "0.02", maxOutputTokens: 50 }],
    [SUM, { model: "sim-large" }],
    ["Hello!", { bounds: { min: "COMPLEX" as const, max: null } }],
  ])("says of %j %j what a job would get", async (prompt, request) => {
    const job = await jobOf(prompt, request);
    await classify(job);
    const { decision, modelId } = await read(job);
    const { baseline: _, ms: __, ...stored } = decision as NonNullable<typeof decision>;
    const expected = stored.candidates.find((candidate) => candidate.rejected_because === null);
    const answer = (await asked(prompt, request)) as { decision: { ms: number } };
    expect(answer).toEqual({
      decision: {
        judged_class: stored.class,
        shadow: null,
        holdout: false,
        degraded: null,
        gate: null,
        ...stored,
        ms: answer.decision.ms,
      },
      model: modelId,
      expected_cost_usd: expected?.expected_cost_usd,
      holdout_percent: 0,
    });
  });

  test("refuses what a job would be refused for, with the same reason, and stores nothing", async () => {
    const job = await jobOf(SUM, { model: "gpt-5.2" });
    const error = await classify(job).catch((thrown: unknown) => thrown);
    const { code, message } = error as { code: string; message: string };
    expect(await asked(SUM, { model: "gpt-5.2" })).toEqual({ refused: { code, message } });
  });
});

describe("what is reserved for a job", () => {
  const shrunk: [string, bigint][] = [];
  const budgets = { shrink: async (...given: [string, bigint]) => void shrunk.push(given) };
  const reservedJob = (reservedPicoUsd?: bigint) =>
    jobOf(SUM, {
      model: "sim-small",
      maxOutputTokens: 10,
      ...(reservedPicoUsd === undefined ? {} : { reservedPicoUsd }),
    });

  test("is no more, once its model is chosen, than one call of that model may cost", async () => {
    const job = await reservedJob(10n ** 12n);
    await classify(job, { budgets });
    const { reservedPicoUsd } = await read(job);
    const most = BigInt(Buffer.byteLength(SUM) + 16) * 150_000n + 10n * 600_000n;
    expect(reservedPicoUsd).toBe(most);
    expect(shrunk).toEqual([[job.jobId, most]]);
  });

  test("never grows by that, and is nothing of where nothing was", async () => {
    shrunk.length = 0;
    const [little, none] = [await reservedJob(7n), await reservedJob()];
    for (const job of [little, none]) await classify(job, { budgets });
    expect((await read(little)).reservedPicoUsd).toBe(7n);
    expect(await read(none)).not.toHaveProperty("reservedPicoUsd");
    expect(shrunk).toEqual([[little.jobId, 7n]]);
  });
});
