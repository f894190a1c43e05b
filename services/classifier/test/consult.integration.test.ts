import type { ConsultSettings } from "@switchyard/shared/catalogue";
import type { ConsultOutcome, JobRow } from "@switchyard/shared/ledger";
import type { JobEvent, Summoner } from "@switchyard/shared/queues";
import { createMetrics } from "@switchyard/shared/telemetry";
import { watchLeaks } from "@switchyard/testkit";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { classifyWith } from "../src/classify.ts";
import { explainWith } from "../src/explain.ts";
import { createJudgementCache } from "../src/judgement-cache.ts";
import { Patience } from "../src/patience.ts";
import { type TestDecider, type TestJobs, usingJobs } from "./support.ts";

afterAll(watchLeaks());

let jobs: TestJobs;
let metrics: ReturnType<typeof createMetrics>;
let decider: TestDecider;
const summoned: unknown[][] = [];
beforeAll(async () => {
  jobs = await usingJobs();
  return jobs.close;
});
beforeEach(() => {
  summoned.length = 0;
  metrics = createMetrics("test");
  decider = askingDecider();
});

const SETTINGS: ConsultSettings = {
  ...{ modelId: "sim-math", timeoutMs: 5_000, belowConfidencePpm: 600_000, maxOutputTokens: 64 },
  ...{ maxPromptBytes: 4_096, isGated: false, qualityValueUsd: "0", hasSchema: true, isReasoning: false },
};
const GREETING = "Hello!";
const SUM = "What is 17 * 23 + 4?";

function askingDecider(settings: Partial<ConsultSettings> = {}, mode: "llm" | "hybrid" = "llm"): TestDecider {
  const { catalogue } = jobs.decider;
  const classifier = { ...catalogue.classifier, mode, llm: { ...SETTINGS, ...settings } };
  const own = { cache: createJudgementCache(), patience: new Patience() };
  return { ...jobs.decider, ...own, catalogue: { ...catalogue, classifier } };
}

function classify({ jobId, generation }: Pick<JobRow, "jobId" | "generation">) {
  const summoner: Summoner = {
    summon: async (...given) => void summoned.push(given),
    close: async () => {},
  };
  const events = { publish: (_: JobEvent) => {} };
  const handler = classifyWith({ ...decider, ledger: jobs.ledger, events, summoner, metrics });
  return handler({ version: 1, jobId, generation }, { signal: new AbortController().signal });
}

/** What the pool of the model does once it has an answer, or none. */
async function handBack(job: Pick<JobRow, "jobId">, outcome: ConsultOutcome): Promise<void> {
  expect(await jobs.ledger.jobs.consulted(await jobs.read(job), outcome)).not.toBeNull();
}

async function counted(): Promise<Record<string, number>> {
  const { values } = await metrics.consultations.get();
  return Object.fromEntries(values.map(({ labels, value }) => [labels.outcome, value]));
}

describe("a job that a model is to judge", () => {
  test("is marked so, and both its pool and this stage are summoned", async () => {
    const job = await jobs.jobOf(GREETING);
    const message = await classify(job);
    const row = await jobs.read(job);
    const { jobId, tenant } = job;
    const summons = { version: 1, jobId, generation: 1, tenant, priority: "normal" };
    expect(message).toEqual({ ...summons, modelId: "sim-math", consult: true });
    expect(row).toMatchObject({ dueStage: "invoke", consult: { modelId: "sim-math", localClass: "SIMPLE" } });
    expect(row).not.toHaveProperty("modelId");
    expect(row).not.toHaveProperty("decision");
    const [[stage, delayed, options] = []] = summoned;
    expect([stage, delayed]).toEqual(["classify", summons]);
    const { delayMs, suffix } = options as { delayMs: number; suffix: string };
    expect(suffix).toBe("-t");
    expect(delayMs).toBeGreaterThan(0);
    expect(delayMs).toBeLessThanOrEqual(5_250);
    expect(await counted()).toEqual({ asked: 1 });
  });

  test("is handed over again, as often as that is asked for, and is marked once", async () => {
    const job = await jobs.jobOf(GREETING);
    const first = await classify(job);
    const row = await jobs.read(job);
    summoned.length = 0;
    for (let round = 0; round < 3; round += 1) {
      const again = await classify(job).catch((error: unknown) => error);
      expect(again).toMatchObject({ code: "ROW_CONFLICT", retryAfterMs: expect.any(Number) });
    }
    expect(summoned).toEqual(Array(3).fill(["invoke", first]));
    expect(await jobs.read(job)).toEqual(row);
    expect(await counted()).toEqual({ asked: 1 });
  });

  test("is decided as the model says, with its own words and the local judge's", async () => {
    const job = await jobs.jobOf(GREETING);
    await classify(job);
    await handBack(job, { answer: "COMPLEX" });
    expect(await classify(job)).toMatchObject({ modelId: "sim-large" });
    const { decision } = await jobs.read(job);
    expect(decision).toMatchObject({
      class: "COMPLEX",
      strategy: "llm",
      strategy_version: "sim-math/consult-2",
      gate: { asked: true, reason: "no_gate" },
    });
    expect(decision?.reasons[0]).toBe("sim-math judged it COMPLEX");
    expect(decision?.reasons[1]).toMatch(/^the local judge said SIMPLE with 0\.\d+$/);
    expect(decision).not.toHaveProperty("degraded");
    expect(decision?.confidence).toBe(decision?.probabilities?.COMPLEX);
    expect(await counted()).toEqual({ asked: 1, answered: 1 });
  });

  test("is decided locally where the model gave no answer, which says why", async () => {
    const job = await jobs.jobOf(GREETING);
    await classify(job);
    await handBack(job, { failure: "nonsense" });
    expect(await classify(job)).toMatchObject({ modelId: "sim-small" });
    const { decision } = await jobs.read(job);
    expect(decision).toMatchObject({ class: "SIMPLE", strategy: "local", degraded: "nonsense" });
    expect(await counted()).toEqual({ asked: 1, degraded_nonsense: 1 });
  });

  test("is decided locally once its time is up and nobody has said anything", async () => {
    decider = askingDecider({ timeoutMs: 1 });
    const job = await jobs.jobOf(GREETING);
    await classify(job);
    await expect.poll(() => classify(job)).toMatchObject({ modelId: "sim-small" });
    expect((await jobs.read(job)).decision).toMatchObject({ degraded: "timeout", cost_usd: "0" });
  });

  test("is decided locally where no model can take the class that was named", async () => {
    const job = await jobs.jobOf(GREETING, { maxCostUsd: "0.0055" });
    await classify(job);
    await handBack(job, { answer: "COMPLEX" });
    expect(await classify(job)).toMatchObject({ modelId: "sim-small" });
    expect((await jobs.read(job)).decision).toMatchObject({ class: "SIMPLE", degraded: "unroutable" });
  });

  test("is judged anew in its next generation", async () => {
    const job = await jobs.jobOf(GREETING);
    await classify(job);
    await handBack(job, { failure: "throttled" });
    await classify(job);
    const ended = await jobs.ledger.jobs.end(await jobs.read(job), {
      ...{ status: "failed", costPicoUsd: 0n, counted: [] },
    });
    const { request, deadlineAt } = job;
    const again = await jobs.ledger.jobs.replay(ended as JobRow, { request, deadlineAt, attentionAt: 1 });
    expect(again).not.toHaveProperty("consult");
    expect(await classify({ ...job, generation: 2 })).toMatchObject({ consult: true });
  });
});

describe("what a model said", () => {
  async function judged(prompt: string, answer: "COMPLEX" | "SIMPLE"): Promise<void> {
    const job = await jobs.jobOf(prompt);
    expect(await classify(job)).toMatchObject({ consult: true });
    await handBack(job, { answer });
    await classify(job);
  }

  test("is not asked for again for the same prompt of the same tenant", async () => {
    await judged(GREETING, "COMPLEX");
    const job = await jobs.jobOf(GREETING);
    expect(await classify(job)).toMatchObject({ modelId: "sim-large" });
    const row = await jobs.read(job);
    expect(row).not.toHaveProperty("consult");
    expect(row.decision).toMatchObject({
      class: "COMPLEX",
      strategy: "llm cached",
      cost_usd: "0",
      gate: { asked: false, price_usd: "0", reason: "cached" },
    });
    expect(await counted()).toEqual({ asked: 1, answered: 1, cached: 1 });
  });

  test("is told to no other tenant, to no dry run, and of no other prompt", async () => {
    await judged(GREETING, "COMPLEX");
    const other = await jobs.jobOf(GREETING, { tenant: "other" });
    expect(await classify(other)).toMatchObject({ consult: true });
    expect(await classify(await jobs.jobOf("Hello?"))).toMatchObject({ consult: true });
    expect(await explained(GREETING)).toMatchObject({ decision: { class: "SIMPLE", strategy: "local" } });
  });
});

describe("mode hybrid", () => {
  test("asks nobody about what the local judge is sure of", async () => {
    decider = askingDecider({ belowConfidencePpm: 1 }, "hybrid");
    const job = await jobs.jobOf(SUM);
    expect(await classify(job)).not.toHaveProperty("consult");
    expect((await jobs.read(job)).decision).toMatchObject({
      strategy: "local",
      gate: { asked: false, reason: "confident" },
    });
    expect(await counted()).toEqual({});
  });

  test("asks nobody where that cannot pay, and stores the arithmetic", async () => {
    decider = askingDecider({ belowConfidencePpm: 1_000_000, isGated: true, modelId: "sim-large" }, "hybrid");
    const job = await jobs.jobOf(GREETING);
    expect(await classify(job)).not.toHaveProperty("consult");
    const { gate } = (await jobs.read(job)).decision ?? {};
    expect(gate).toMatchObject({ asked: false, reason: "cannot_pay", expected_saving_usd: "0" });
    expect(Number(gate?.price_usd)).toBeGreaterThan(0);
    expect(await counted()).toEqual({ gate_refused: 1 });
  });
});

async function explained(prompt: string) {
  return explainWith(decider)({
    ...{ messages: [{ role: "user", content: prompt }], modelRequested: "auto" },
    ...{ promptBytes: Buffer.byteLength(prompt), maxOutputTokens: null, maxCostUsd: null },
  });
}

test("a dry run shows the local decision, and that a model would be asked, and asks nobody", async () => {
  const answer = await explained(GREETING);
  expect(answer).toMatchObject({
    decision: {
      class: "SIMPLE",
      strategy: "local",
      degraded: null,
      gate: { asked: true, reason: "no_gate" },
    },
    model: "sim-small",
  });
  expect(summoned).toEqual([]);
});

test("a model that is not active is not asked: the local answer stands, and says so", async () => {
  decider = askingDecider({ modelId: "gpt-5.2" });
  const job = await jobs.jobOf(GREETING);
  expect(await classify(job)).toMatchObject({ modelId: "sim-small" });
  const { decision } = await jobs.read(job);
  expect(decision).toMatchObject({ degraded: "unavailable", gate: { reason: "inactive" } });
});
