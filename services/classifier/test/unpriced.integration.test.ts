import type { UnpricedPolicy } from "@switchyard/shared/catalogue";
import type { JobRow } from "@switchyard/shared/ledger";
import type { PriceBook } from "@switchyard/shared/pricing";
import type { JobEvent } from "@switchyard/shared/queues";
import { createMetrics } from "@switchyard/shared/telemetry";
import { watchLeaks } from "@switchyard/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ClassifyOptions, classifyWith } from "../src/classify.ts";
import { explainWith } from "../src/explain.ts";
import { createJudgementCache } from "../src/judgement-cache.ts";
import { NOBODY, type TestDecider, type TestJobs, usingJobs } from "./support.ts";

afterAll(watchLeaks());

let jobs: TestJobs;
beforeAll(async () => {
  jobs = await usingJobs();
  return jobs.close;
});

const PROMPT = "What is the capital of France?";
const events: JobEvent[] = [];
const metrics = createMetrics("test");
/** The simulated models, of which only the large one has a price. */
const book = (): PriceBook => {
  const { prices } = jobs.decider;
  const find: PriceBook["find"] = (wanted, atMs) =>
    wanted.priceId.endsWith("sim-large") ? prices.find(wanted, atMs) : null;
  return { ...prices, find };
};
const without = (): PriceBook => ({ ...jobs.decider.prices, find: () => null });
const CAP = { input: "10", output: "40" };
const ALLOW: UnpricedPolicy = { policy: "allow", cap: CAP };
const HOLD: UnpricedPolicy = { policy: "hold", cap: null };

function deciderWith(prices: PriceBook, own: UnpricedPolicy): TestDecider {
  const unpriced = {
    tenants: new Map([["acme", own]]),
    others: { policy: "refuse", cap: null } as const,
  };
  return { ...jobs.decider, prices, catalogue: { ...jobs.decider.catalogue, unpriced } };
}

function classify(
  { jobId }: Pick<JobRow, "jobId">,
  decider: TestDecider & Partial<Pick<ClassifyOptions, "budgets">>,
) {
  const publisher = { publish: (event: JobEvent) => void events.push(event) };
  const handler = classifyWith({
    ...decider,
    ledger: jobs.ledger,
    events: publisher,
    summoner: NOBODY,
    metrics,
  });
  return handler({ version: 1, jobId, generation: 1 }, { signal: new AbortController().signal });
}

describe("a tenant that waits for prices", () => {
  test("has its job held, said once, until there is a price; then it goes on", async () => {
    events.length = 0;
    const job = await jobs.jobOf(PROMPT);
    const unknown = deciderWith(without(), HOLD);
    for (let look = 0; look < 3; look += 1) {
      const error = await classify(job, unknown).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: "ROW_CONFLICT", isRetriable: true });
      expect((error as { retryAfterMs: number }).retryAfterMs).toBeLessThanOrEqual(62_000);
    }
    const held = await jobs.read(job);
    expect(held).toMatchObject({
      status: "queued",
      held: { reason: "price_unknown" },
      version: job.version + 1,
    });
    expect(events).toHaveLength(1);
    expect(await classify(job, deciderWith(jobs.decider.prices, HOLD))).toMatchObject({ jobId: job.jobId });
    const moved = await jobs.read(job);
    expect(moved).toMatchObject({ dueStage: "invoke", modelId: expect.any(String) });
    expect(moved.held).toBeUndefined();
  });

  test("has it judged no more while none of its models has a price, and then at once", async () => {
    const job = await jobs.jobOf(PROMPT);
    const unjudged = {
      ...jobs.decider,
      cache: createJudgementCache(),
      judge: { judge: () => Promise.reject(new Error("judged")) },
    };
    const held = { code: "ROW_CONFLICT", isRetriable: true };
    await expect(classify(job, deciderWith(without(), HOLD))).rejects.toMatchObject(held);
    const { prices, catalogue } = deciderWith(without(), HOLD);
    await expect(classify(job, { ...unjudged, prices, catalogue })).rejects.toMatchObject(held);
    await expect(classify(job, { ...unjudged, catalogue })).rejects.toThrow("judged");
  });

  test("keeps no budget from others while it is held", async () => {
    const job = await jobs.jobOf(PROMPT, { reservedPicoUsd: 1_000_000n });
    const shrunk: unknown[] = [];
    const budgets = { shrink: async (...given: [string, bigint]) => void shrunk.push(given) };
    const decider = { ...deciderWith(without(), HOLD), budgets };
    for (let look = 0; look < 2; look += 1)
      await expect(classify(job, decider)).rejects.toMatchObject({ code: "ROW_CONFLICT" });
    expect(shrunk).toEqual([[job.jobId, 0n]]);
    expect(await jobs.read(job)).not.toHaveProperty("reservedPicoUsd");
    expect(await classify(job, { ...decider, prices: jobs.decider.prices })).not.toBeNull();
    expect(shrunk).toHaveLength(1);
  });

  test("has no job held that a model with a price can take, nor one of another tenant", async () => {
    const own = await jobs.jobOf(PROMPT, { model: "sim-large" });
    expect(await classify(own, deciderWith(book(), HOLD))).toMatchObject({ modelId: "sim-large" });
    const other = await jobs.jobOf(PROMPT, { tenant: "other" });
    await expect(classify(other, deciderWith(without(), HOLD))).rejects.toMatchObject({
      code: "PRICE_UNKNOWN",
    });
    expect((await jobs.read(other)).held).toBeUndefined();
  });

  test("has nothing held past its deadline", async () => {
    const job = await jobs.jobOf(PROMPT, { inMs: -1 });
    expect(await classify(job, deciderWith(without(), HOLD))).toBeNull();
    expect((await jobs.read(job)).held).toBeUndefined();
  });
});

describe("a tenant that may call models without a price", () => {
  test("has its job go to the cheapest by their caps where none has a price, and no baseline that is one", async () => {
    const job = await jobs.jobOf(PROMPT);
    const message = await classify(job, deciderWith(without(), ALLOW));
    const { modelId, decision } = await jobs.read(job);
    expect(message).toMatchObject({ modelId });
    expect(decision?.candidates.find(({ model }) => model === modelId)).toMatchObject({
      ...{ expected_cost_usd: null, rejected_because: null },
    });
    expect(decision?.baseline).toMatchObject({ model: modelId, price: { isCap: true } });
  });

  test("has it go to one with a price where the route has one, however dear", async () => {
    const decider = deciderWith(book(), ALLOW);
    const route = ["sim-small", "sim-large"];
    const routes = { SIMPLE: route, CALCULATION: route, COMPLEX: route };
    const own = { ...decider, catalogue: { ...decider.catalogue, routes } };
    const job = await jobs.jobOf(PROMPT);
    expect(await classify(job, own)).toMatchObject({ modelId: "sim-large" });
    const named = await jobs.jobOf(PROMPT, { model: "sim-small" });
    expect(await classify(named, own)).toMatchObject({ modelId: "sim-small" });
    expect((await jobs.read(named)).decision?.baseline).toMatchObject({ model: "sim-large" });
  });

  test("is bounded by max_cost_usd at the cap", async () => {
    const decider = deciderWith(without(), ALLOW);
    const poor = await jobs.jobOf(PROMPT, { maxCostUsd: "0.000001" });
    await expect(classify(poor, decider)).rejects.toMatchObject({ code: "COST_LIMIT_EXCEEDED" });
  });

  test("has no job in the comparison with a holdout that nobody can price", async () => {
    const decider = deciderWith(without(), ALLOW);
    const { classifier } = decider.catalogue;
    const drawing = { ...decider.catalogue, classifier: { ...classifier, holdoutPpm: 500_000 } };
    const job = await jobs.jobOf(PROMPT);
    await classify(job, { ...decider, catalogue: drawing });
    expect((await jobs.read(job)).arm).toBeUndefined();
  });

  test("is told in a dry run where its job goes, and no cost that nobody knows", async () => {
    const ask = (payer: string | null) =>
      explainWith(deciderWith(without(), ALLOW))({
        ...{ messages: [{ role: "user", content: PROMPT }], modelRequested: "auto", promptBytes: 30 },
        ...{ maxOutputTokens: null, maxCostUsd: null, payer },
      });
    expect(await ask("acme")).toMatchObject({ model: expect.any(String), expected_cost_usd: null });
    expect(await ask("other")).toMatchObject({ refused: { code: "PRICE_UNKNOWN" } });
  });
});
