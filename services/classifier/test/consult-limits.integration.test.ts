import type { ConsultSettings } from "@switchyard/shared/catalogue";
import type { AttemptRow, ConsultOutcome, JobRow, NewIntent } from "@switchyard/shared/ledger";
import { connect, openSummoner, runStage, type Summoner } from "@switchyard/shared/queues";
import { createLogger, createMetrics } from "@switchyard/shared/telemetry";
import { testRedis, uniquePrefix, waitFor, watchLeaks } from "@switchyard/testkit";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { classifyWith } from "../src/classify.ts";
import { createJudgementCache } from "../src/judgement-cache.ts";
import { Patience } from "../src/patience.ts";
import { type TestDecider, type TestJobs, usingJobs } from "./support.ts";

afterAll(watchLeaks());

let jobs: TestJobs;
let metrics: ReturnType<typeof createMetrics>;
beforeAll(async () => {
  jobs = await usingJobs();
  return jobs.close;
});
beforeEach(() => {
  metrics = createMetrics("test");
});

const SETTINGS: ConsultSettings = {
  ...{ modelId: "sim-math", timeoutMs: 5_000, belowConfidencePpm: 600_000, maxOutputTokens: 64 },
  ...{ maxPromptBytes: 4_096, isGated: false, qualityValueUsd: "0", hasSchema: true, isReasoning: false },
};
const GREETING = "Hello!";

function askingDecider(settings: Partial<ConsultSettings> | null = {}): TestDecider {
  const { catalogue } = jobs.decider;
  const llm = settings === null ? null : { ...SETTINGS, ...settings };
  const mode = llm === null ? ("local" as const) : ("llm" as const);
  const classifier = { ...catalogue.classifier, mode, llm };
  const own = { cache: createJudgementCache(), patience: new Patience() };
  return { ...jobs.decider, ...own, catalogue: { ...catalogue, classifier } };
}

const QUIET: Summoner = { summon: async () => {}, close: async () => {} };

function classify(decider: TestDecider, { jobId, generation }: Pick<JobRow, "jobId" | "generation">) {
  const events = { publish: () => {} };
  const handler = classifyWith({ ...decider, ledger: jobs.ledger, events, summoner: QUIET, metrics });
  return handler({ version: 1, jobId, generation }, { signal: new AbortController().signal });
}

async function handBack(job: Pick<JobRow, "jobId">, outcome: ConsultOutcome): Promise<void> {
  expect(await jobs.ledger.jobs.consulted(await jobs.read(job), outcome)).not.toBeNull();
}

/** The job's next call, which ended so. */
async function called(job: JobRow, end: { kind: NewIntent["kind"]; costPicoUsd?: bigint }): Promise<void> {
  const { attempts } = jobs.ledger;
  const isConsult = end.kind === "classify";
  const claim = { claimId: "c", claimUntil: Date.now() + 5_000, isConsult };
  const claimed = (await jobs.ledger.jobs.claim(await jobs.read(job), claim)) as JobRow;
  const { attempts: n, generation, jobId, tenant } = claimed;
  const intent: NewIntent = {
    ...{ jobId, n, generation, tenant, kind: end.kind, claimId: "c", modelId: "sim-math", providerId: "p" },
    ...{ class: "SIMPLE", startedAt: Date.now(), leaseUntil: Date.now() + 1, maxCostPicoUsd: 1_000_000n },
    price: { id: "p", bookVersion: "1", inputPicoUsd: 1n, outputPicoUsd: 1n },
  };
  await attempts.intend(intent);
  if (end.costPicoUsd === undefined)
    await attempts.unknown(intent, { code: "PROVIDER_OUTCOME_UNKNOWN", message: "cut" });
  else await attempts.settle(intent, { usage: USAGE, costPicoUsd: end.costPicoUsd, providerRequestId: null });
}

const USAGE: NonNullable<AttemptRow["usage"]> = {
  ...{ inputTokens: 1, cachedInputTokens: 0, cacheWriteTokens: 0, outputTokens: 1, reasoningTokens: 0 },
};

describe("settings that changed while a model was asked", () => {
  test("leave its word its own: its name, its version, and its place among what is remembered", async () => {
    const [asking, renamed, local] = [
      askingDecider(),
      askingDecider({ modelId: "sim-large" }),
      askingDecider(null),
    ];
    for (const later of [renamed, local]) {
      const job = await jobs.jobOf(GREETING);
      await classify(asking, job);
      await handBack(job, { answer: "COMPLEX" });
      await classify(later, job);
      const { decision } = await jobs.read(job);
      expect(decision).toMatchObject({ strategy: "llm", strategy_version: "sim-math/consult-2" });
      expect(decision?.reasons[0]).toBe("sim-math judged it COMPLEX");
    }
    expect(await classify(renamed, await jobs.jobOf(GREETING))).toMatchObject({ consult: true });
  });
});

describe("a job's limit", () => {
  const LONG = `What is the capital of France? ${"hello there. ".repeat(1_500)}`;

  test("is not passed by following a model's word, after what that took", async () => {
    const decider = askingDecider({ modelId: "sim-large" });
    const job = await jobs.jobOf(LONG, { maxCostUsd: "0.03", maxOutputTokens: 300 });
    expect(await classify(decider, job)).toMatchObject({ consult: true });
    await called(job, { kind: "classify", costPicoUsd: 9_000_000_000n });
    await handBack(job, { answer: "COMPLEX" });
    expect(await classify(decider, job)).toMatchObject({ modelId: "sim-small" });
    expect((await jobs.read(job)).decision).toMatchObject({ class: "SIMPLE", degraded: "unroutable" });
  });

  test("is what earlier generations left of it", async () => {
    const decider = askingDecider();
    const wishes = { maxCostUsd: "0.03", maxOutputTokens: 100 };
    const fresh = await jobs.jobOf(GREETING, wishes);
    expect(await classify(decider, fresh)).toMatchObject({ consult: true });
    const job = await jobs.jobOf(GREETING, wishes);
    await called(job, { kind: "invoke", costPicoUsd: 29_999_000_000n });
    const end = { status: "failed", costPicoUsd: 29_999_000_000n, counted: [1] } as const;
    const ended = (await jobs.ledger.jobs.end(await jobs.read(job), end)) as JobRow;
    const { request, deadlineAt } = job;
    await jobs.ledger.jobs.replay(ended, { request, deadlineAt, attentionAt: 1 });
    await expect(classify(decider, { ...job, generation: 2 })).rejects.toMatchObject({
      code: "COST_LIMIT_EXCEEDED",
    });
  });
});

describe("what a judgement cost", () => {
  async function decidedAfter(end: { costPicoUsd?: bigint } | null) {
    const decider = askingDecider();
    const job = await jobs.jobOf(GREETING);
    await classify(decider, job);
    if (end !== null) await called(job, { kind: "classify", ...end });
    await handBack(job, { failure: "outcome_unknown" });
    await classify(decider, job);
    return (await jobs.read(job)).decision?.cost_usd;
  }

  test("is told, and nothing where no call was made, and null where nobody knows", async () => {
    expect(await decidedAfter({ costPicoUsd: 1_500_000n })).toBe("0.0000015");
    expect(await decidedAfter(null)).toBe("0");
    expect(await decidedAfter({})).toBeNull();
  });
});

describe("a model that is late for every job", () => {
  test("is not asked any more, which the next jobs say, and what it said before still holds", async () => {
    const decider = askingDecider();
    const known = await jobs.jobOf("Hi!");
    await classify(decider, known);
    await handBack(known, { answer: "COMPLEX" });
    await classify(decider, known);
    for (const failure of ["timeout", "throttled", "timeout"] as const) {
      const job = await jobs.jobOf(GREETING);
      expect(await classify(decider, job)).toMatchObject({ consult: true });
      await handBack(job, { failure });
      await classify(decider, job);
    }
    const job = await jobs.jobOf(GREETING);
    expect(await classify(decider, job)).toMatchObject({ modelId: "sim-small" });
    const row = await jobs.read(job);
    expect(row).not.toHaveProperty("consult");
    expect(row.decision).toMatchObject({ degraded: "too_slow", gate: { asked: false, reason: "too_slow" } });
    expect(await classify(decider, await jobs.jobOf("Hi!"))).toMatchObject({ modelId: "sim-large" });
    const { values } = await metrics.consultations.get();
    expect(values.find(({ labels }) => labels.outcome === "degraded_too_slow")?.value).toBe(1);
  });
});

test("equal prompts that are judged at once are judged one by one; what comes after them is not", async () => {
  const decider = askingDecider();
  const crowd = await Promise.all(Array.from({ length: 4 }, () => jobs.jobOf(GREETING)));
  for (const job of crowd) expect(await classify(decider, job)).toMatchObject({ consult: true });
  for (const job of crowd) {
    await handBack(job, { answer: "SIMPLE" });
    await classify(decider, job);
  }
  expect(await classify(decider, await jobs.jobOf(GREETING))).toMatchObject({ modelId: "sim-small" });
});

test("a summons for the end of a consultation that comes early comes again", async () => {
  const server = await testRedis();
  const [worker, producer] = [connect(server.url, "worker"), connect(server.url, "producer")];
  await waitFor(() => producer.status === "ready" && worker.status === "ready");
  const prefix = uniquePrefix("{early}");
  const summoner = openSummoner(producer, prefix);
  const seen: unknown[] = [];
  const handler = classifyWith({
    ...{ ...askingDecider(), ledger: jobs.ledger, events: { publish: () => {} }, summoner, metrics },
  });
  const runner = runStage({
    ...{ stage: "classify", redis: worker, prefix, summoner, concurrency: 4, metrics },
    async handler(...given) {
      seen.push(given);
      return handler(...given);
    },
    onDeadLetter: async () => null,
    log: createLogger("test", "silent"),
  });
  const job = await jobs.jobOf(GREETING);
  const gate = { asked: true, price_usd: "0", expected_saving_usd: "0", confidence: 0.5 };
  const consult = { modelId: "sim-math", localClass: "SIMPLE" as const };
  const row = (await jobs.ledger.jobs.consulting(job, {
    ...{ ...consult, endsAt: Date.now() + 1_500, gate: { ...gate, reason: "no_gate" } },
  })) as JobRow;
  const message = { version: 1 as const, jobId: row.jobId, generation: 1, tenant: "acme" };
  await summoner.summon("classify", message, { delayMs: 10, suffix: "-t" });
  await waitFor(async () => (await jobs.read(job)).modelId !== undefined);
  expect(seen.length).toBeGreaterThan(1);
  await runner.drain(1_000);
  await summoner.close();
  producer.disconnect();
  worker.disconnect();
  await server.stop();
});
