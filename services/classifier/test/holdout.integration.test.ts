import type { JobRow } from "@switchyard/shared/ledger";
import { createMetrics } from "@switchyard/shared/telemetry";
import { watchLeaks } from "@switchyard/testkit";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { classifyWith } from "../src/classify.ts";
import { explainWith } from "../src/explain.ts";
import { drawnPpm } from "../src/holdout.ts";
import { createJudgementCache } from "../src/judgement-cache.ts";
import { type TestDecider, type TestJobs, usingJobs } from "./support.ts";

afterAll(watchLeaks());

let jobs: TestJobs;
let metrics: ReturnType<typeof createMetrics>;
const summoned: unknown[][] = [];
beforeAll(async () => {
  jobs = await usingJobs();
  return jobs.close;
});
beforeEach(() => {
  summoned.length = 0;
  metrics = createMetrics("test");
});

const LLM = {
  ...{ modelId: "sim-math", timeoutMs: 5_000, belowConfidencePpm: 600_000, maxOutputTokens: 64 },
  ...{ maxPromptBytes: 4_096, isGated: false, qualityValueUsd: "0", hasSchema: true, isReasoning: false },
};
const GREETING = "Hello!";

/** A classifier that draws so many of a million jobs, and asks a model for its judgement where told to. */
function drawing(holdoutPpm: number, isAsking = false): TestDecider {
  const { catalogue } = jobs.decider;
  const asking = isAsking ? { mode: "llm" as const, llm: LLM } : {};
  return {
    ...jobs.decider,
    // What another test's model said is not to be recalled.
    cache: createJudgementCache(),
    catalogue: { ...catalogue, classifier: { ...catalogue.classifier, ...asking, holdoutPpm } },
  };
}

async function classify(decider: TestDecider, { jobId, generation }: JobRow): Promise<JobRow> {
  const summoner = {
    summon: async (...given: unknown[]) => void summoned.push(given),
    close: async () => {},
  };
  const handler = classifyWith({
    ...{ ...decider, ledger: jobs.ledger, events: { publish: () => {} }, summoner, metrics },
  });
  await handler({ version: 1, jobId, generation }, { signal: new AbortController().signal });
  return jobs.read({ jobId });
}

/** A job whose number is the next above a share of jobs, or below it. */
async function jobBeside(ppm: number, isDrawn: boolean, given?: Parameters<TestJobs["jobOf"]>[1]) {
  for (;;) {
    const job = await jobs.jobOf(GREETING, given);
    if (drawnPpm(job.jobId) < ppm === isDrawn) return job;
  }
}

/** Fails the job, and begins its next generation with another request. */
async function replayed(job: JobRow, request: Partial<JobRow["request"]> = {}): Promise<JobRow> {
  const failure = { code: "PROVIDER_REFUSED", message: "no" };
  const end = { status: "failed" as const, failure, costPicoUsd: 0n, counted: [] };
  const failed = (await jobs.ledger.jobs.end(job, end)) as JobRow;
  const { deadlineAt } = failed;
  const terms = { request: { ...failed.request, ...request }, deadlineAt, attentionAt: deadlineAt };
  return (await jobs.ledger.jobs.replay(failed, terms)) as JobRow;
}

const HALF = 500_000;

test("a drawn job keeps the class that it was judged to be and goes to its baseline, and says so", async () => {
  const row = await classify(drawing(HALF), await jobBeside(HALF, true));
  expect(row).toMatchObject({
    ...{ arm: "holdout", holdoutPpm: HALF, modelId: "sim-large" },
    decision: { class: "SIMPLE", holdout: true, baseline: { model: "sim-large" } },
  });
  const { reasons = [], candidates = [] } = row.decision ?? {};
  expect(reasons.at(-1)).toBe("a random 50 % of jobs go to the baseline, this one among them");
  expect(candidates.filter(({ rejected_because }) => rejected_because === null)).toMatchObject([
    { model: "sim-large" },
  ]);
  expect(candidates.find(({ model }) => model === "sim-small")?.rejected_because).toBe(
    "drawn for the holdout",
  );
});

test("a job that was not drawn is routed as ever, and its row says that it could have been", async () => {
  const row = await classify(drawing(HALF), await jobBeside(HALF, false));
  expect(row).toMatchObject({ arm: "routed", modelId: "sim-small" });
  expect(row.decision).not.toHaveProperty("holdout");
});

test("each job is drawn once and counted once", async () => {
  const drawn = await classify(drawing(HALF), await jobBeside(HALF, true));
  await classify(drawing(HALF), drawn);
  await classify(drawing(HALF), await replayed(drawn));
  await classify(drawing(HALF), await jobBeside(HALF, false));
  const { values } = await metrics.jobsDrawn.get();
  expect(Object.fromEntries(values.map(({ labels, value }) => [labels.arm, value]))).toEqual({
    ...{ routed: 1, holdout: 1 },
  });
});

describe("no job is on either side that could not have been drawn:", () => {
  test.each([
    ["one that names its model", { model: "sim-small" }],
    ["one whose bounds do not allow the most demanding class", { bounds: { min: null, max: "CALCULATION" } }],
    ["one whose limit does not pay for the baseline at its most", { maxCostUsd: "0.001" }],
  ] as const)("%s", async (_, wish) => {
    const row = await classify(drawing(HALF), await jobBeside(HALF, true, wish));
    expect(row).not.toHaveProperty("arm");
    expect(row.modelId).toBe("sim-small");
  });

  test("one whose own model has no price, and is called at a cap", async () => {
    const { catalogue, prices, ...decider } = drawing(HALF);
    const routes = { SIMPLE: ["sim-small"], CALCULATION: ["sim-small"], COMPLEX: ["sim-small"] };
    const allowed = { policy: "allow", cap: { input: "10", output: "40" } } as const;
    const unpriced = { tenants: new Map(), others: allowed };
    const find: typeof prices.find = (wanted, atMs) =>
      wanted.priceId.endsWith("sim-large") ? prices.find(wanted, atMs) : null;
    const own = { ...decider, prices: { ...prices, find }, catalogue: { ...catalogue, routes, unpriced } };
    const row = await classify(own, await jobBeside(HALF, true));
    expect(row).toMatchObject({ modelId: "sim-small", decision: { baseline: { model: "sim-large" } } });
    expect(row).not.toHaveProperty("arm");
  });

  test("any, where no share is set", async () => {
    const row = await classify(drawing(0), await jobs.jobOf(GREETING));
    expect(row).not.toHaveProperty("arm");
  });
});

test("bounds and a limit that allow the baseline leave a job in the draw", async () => {
  const wish = { bounds: { min: null, max: "COMPLEX" }, maxCostUsd: "1" } as const;
  expect(await classify(drawing(HALF), await jobBeside(HALF, true, wish))).toMatchObject({ arm: "holdout" });
});

describe("where a model judges", () => {
  test("it is not asked about a drawn job", async () => {
    const row = await classify(drawing(HALF, true), await jobBeside(HALF, true));
    expect(summoned).toEqual([]);
    expect(row).toMatchObject({ arm: "holdout", modelId: "sim-large" });
    expect(row).not.toHaveProperty("consult");
    expect(row.decision).not.toHaveProperty("gate");
  });

  test("a job that it is asked about is on its side before the call, and stays there whatever comes", async () => {
    const asked = await classify(drawing(HALF, true), await jobBeside(HALF, false));
    expect(asked).toMatchObject({ arm: "routed", holdoutPpm: HALF, consult: { modelId: "sim-math" } });
    const told = (await jobs.ledger.jobs.consulted(asked, { answer: "CALCULATION" })) as JobRow;
    // A share that has grown meanwhile would have drawn it.
    const row = await classify(drawing(1_000_000, true), told);
    expect(row).toMatchObject({ arm: "routed", holdoutPpm: HALF, modelId: "sim-math" });
  });

  test("a job that was asked about before there was a draw is on neither side", async () => {
    const asked = await classify(drawing(0, true), await jobBeside(HALF, true));
    const told = (await jobs.ledger.jobs.consulted(asked, { answer: "CALCULATION" })) as JobRow;
    const row = await classify(drawing(HALF, true), told);
    expect(row).not.toHaveProperty("arm");
    expect(row.modelId).toBe("sim-math");
  });
});

describe("a replay", () => {
  test("stays on its side and goes to the baseline again, though the share is less now", async () => {
    const row = await classify(drawing(HALF), await jobBeside(HALF, true));
    const again = await classify(drawing(1), await replayed(row));
    expect(again).toMatchObject({ generation: 2, arm: "holdout", holdoutPpm: HALF, modelId: "sim-large" });
    expect(again.decision).toMatchObject({ holdout: true });
  });

  test("that names a model goes there; what it costs still counts on the job's side", async () => {
    const row = await classify(drawing(HALF), await jobBeside(HALF, true));
    const again = await classify(drawing(HALF), await replayed(row, { model: "sim-small" }));
    expect(again).toMatchObject({ arm: "holdout", modelId: "sim-small" });
    expect(again.decision).not.toHaveProperty("holdout");
  });

  test("goes to no baseline once the share is 0", async () => {
    const row = await classify(drawing(HALF), await jobBeside(HALF, true));
    expect(await classify(drawing(0), await replayed(row))).toMatchObject({
      ...{ arm: "holdout", modelId: "sim-small" },
    });
  });

  test("of a job that was on no side stays on none", async () => {
    const row = await classify(drawing(0), await jobBeside(HALF, true));
    expect(await classify(drawing(HALF), await replayed(row))).not.toHaveProperty("arm");
  });
});

test("a dry run says the share that would be drawn, and draws nothing", async () => {
  const asked = {
    ...{ messages: [{ role: "user", content: GREETING }], modelRequested: "auto", promptBytes: 6 },
    ...{ maxOutputTokens: null, maxCostUsd: null },
  };
  const explain = explainWith(drawing(12_500));
  expect(await explain(asked)).toMatchObject({ holdout_percent: 1.25, decision: { holdout: false } });
  expect(await explain({ ...asked, modelRequested: "sim-small" })).toMatchObject({ holdout_percent: 0 });
});
