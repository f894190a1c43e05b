import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { JobRow } from "@switchyard/shared/ledger";
import { parseUsd } from "@switchyard/shared/pricing";
import { createMetrics, type Metrics } from "@switchyard/shared/telemetry";
import { startProcess, testDynamodb, testRedis, uniquePrefix, watchLeaks } from "@switchyard/testkit";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { classifyWith } from "../src/classify.ts";
import { explainWith } from "../src/explain.ts";
import { FEATURE_NAMES, FEATURES_VERSION } from "../src/outcome/features.ts";
import { outcomeFileOf, readOutcomeFile } from "../src/outcome/outcome-file.ts";
import { outcomeModelOf } from "../src/outcome/outcome-model.ts";
import type { Decider } from "../src/place.ts";
import { NOBODY, type TestJobs, usingJobs } from "./support.ts";

afterAll(watchLeaks());

let jobs: TestJobs;
let metrics: Metrics;
beforeAll(async () => {
  jobs = await usingJobs();
  return jobs.close;
});
beforeEach(() => {
  metrics = createMetrics("test");
});

/** The file of a model that gives every prompt the same chance, by its bias alone. */
function fileWith(bias: number, lowerAt = 0.5) {
  return outcomeFileOf({
    format: "switchyard-outcome-model/1",
    features_version: FEATURES_VERSION,
    lower_at: lowerAt,
    raise_below: 0.5,
    bias,
    weights: Object.fromEntries(FEATURE_NAMES.map((name) => [name, 0])),
    trained: {},
  });
}
const modelWith = (bias: number) => outcomeModelOf(readOutcomeFile(fileWith(bias).text, "test"));
const [CHEAP_DOES, CHEAP_FAILS] = [modelWith(3), modelWith(-3)];

const HARD =
  "Design a fault-tolerant payment system, compare three architectures and prove their consistency.";
const EASY = "What is the capital of France?";

async function classified(prompt: string, models: Pick<Decider, "outcome" | "shadow"> = {}): Promise<JobRow> {
  const job = await jobs.jobOf(prompt);
  const { ledger, decider } = jobs;
  const handler = classifyWith({
    ...decider,
    ...models,
    ledger,
    events: { publish: () => {} },
    summoner: NOBODY,
    metrics,
  });
  await handler({ version: 1, jobId: job.jobId, generation: 1 }, { signal: new AbortController().signal });
  return jobs.read(job);
}

const counted = async (name: "shadowDecisions" | "shadowUsd") =>
  (await metrics[name].get()).values.map(({ labels, value }) => ({ ...labels, value }));
const costOf = (job: JobRow) =>
  parseUsd(job.decision?.candidates.find(({ model }) => model === job.modelId)?.expected_cost_usd ?? "");

describe("an outcome model in use", () => {
  test("lowers what is judged COMPLEX, and the decision keeps what was judged and why it moved", async () => {
    const judged = await classified(HARD);
    expect(judged.decision?.class).toBe("COMPLEX");
    const { decision, modelId } = await classified(HARD, { outcome: CHEAP_DOES });
    expect(decision).toMatchObject({ class: "CALCULATION", judged_class: "COMPLEX" });
    expect(decision?.reasons.at(-1)).toBe(
      `moved from COMPLEX to CALCULATION by ${CHEAP_DOES.version}: a cheaper model does in 95.3 %`,
    );
    expect(modelId).not.toBe(judged.modelId);
  });

  test("raises what is judged to be below", async () => {
    const { decision } = await classified(EASY, { outcome: CHEAP_FAILS });
    expect(decision).toMatchObject({ class: "COMPLEX", judged_class: "SIMPLE" });
  });

  test("changes nothing where it agrees", async () => {
    for (const [prompt, outcome] of [
      [HARD, CHEAP_FAILS],
      [EASY, CHEAP_DOES],
    ] as const) {
      const [{ decision: plain }, { decision }] = [
        await classified(prompt),
        await classified(prompt, { outcome }),
      ];
      expect({ ...decision, ms: 0 }).toEqual({ ...plain, ms: 0 });
    }
  });
});

describe("an outcome model in the shadow", () => {
  test("changes no decision, and the row says what it would have chosen and saved", async () => {
    const plain = await classified(HARD);
    const shadowed = await classified(HARD, { shadow: CHEAP_DOES });
    const { shadow, ...decision } = shadowed.decision ?? {};
    expect({ ...decision, ms: 0 }).toEqual({ ...plain.decision, ms: 0 });
    expect(shadowed.modelId).toBe(plain.modelId);
    const used = await classified(HARD, { outcome: CHEAP_DOES });
    expect(shadow).toEqual({
      version: CHEAP_DOES.version,
      model: used.modelId,
      class: "CALCULATION",
      saves_usd: expect.stringMatching(/^0\.\d+$/),
    });
    expect(parseUsd(shadow?.saves_usd ?? "")).toBe(costOf(plain) - costOf(used));
  });

  test("is counted by class, with what it would have saved and added", async () => {
    const up = await classified(EASY, { shadow: CHEAP_FAILS });
    const down = await classified(HARD, { shadow: CHEAP_DOES });
    await classified(HARD, { shadow: CHEAP_FAILS });
    await classified(HARD);
    expect(await counted("shadowDecisions")).toEqual([
      { class: "SIMPLE", to: "COMPLEX", value: 1 },
      { class: "COMPLEX", to: "CALCULATION", value: 1 },
      { class: "COMPLEX", to: "COMPLEX", value: 1 },
    ]);
    expect(up.decision?.shadow?.saves_usd).toMatch(/^-0\.\d+$/);
    const usd = (job: JobRow) => Math.abs(Number(job.decision?.shadow?.saves_usd));
    expect(await counted("shadowUsd")).toEqual([
      { direction: "added", value: expect.closeTo(usd(up), 12) },
      { direction: "saved", value: expect.closeTo(usd(down), 12) },
    ]);
  });

  test("is compared with the model in use, not with what was judged", async () => {
    const { decision } = await classified(HARD, { outcome: CHEAP_DOES, shadow: CHEAP_DOES });
    expect(decision?.shadow).toMatchObject({ class: decision?.class, saves_usd: "0" });
  });

  test("is told in a dry run, and not counted", async () => {
    const answer = await explainWith({ ...jobs.decider, shadow: CHEAP_DOES })({
      messages: [{ role: "user", content: HARD }],
      modelRequested: "auto",
      promptBytes: HARD.length,
      maxOutputTokens: null,
      maxCostUsd: null,
    });
    expect(answer).toMatchObject({ decision: { class: "COMPLEX", shadow: { class: "CALCULATION" } } });
    expect(await counted("shadowDecisions")).toEqual([]);
  });

  test("says nothing where no model could have taken its choice", async () => {
    const { decider } = jobs;
    const routes = { ...decider.catalogue.routes, CALCULATION: [] };
    const answer = await explainWith({
      ...decider,
      catalogue: { ...decider.catalogue, routes },
      shadow: CHEAP_DOES,
    })({
      messages: [{ role: "user", content: HARD }],
      modelRequested: "auto",
      promptBytes: HARD.length,
      maxOutputTokens: null,
      maxCostUsd: null,
    });
    expect(answer).toMatchObject({ decision: { class: "COMPLEX", shadow: null } });
  });
});

describe("a classifier whose catalogue names an outcome model", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "switchyard-outcome-"));
    return () => rmSync(folder, { recursive: true });
  });

  /** Starts the process with the settings, and answers the lines until it is ready or has ended. */
  async function started(settings: string, files: Record<string, string>): Promise<string[]> {
    const shipped = readFileSync(new URL("../../../switchyard.yaml", import.meta.url), "utf8");
    const catalogue = join(folder, "switchyard.yaml");
    writeFileSync(catalogue, shipped.replace("classifier:\n", `classifier:\n${settings}`));
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    const [redis, dynamodb] = [await testRedis(), await testDynamodb()];
    const name = uniquePrefix("outcome");
    const process = startProcess({
      entry: new URL("../src/main.ts", import.meta.url),
      name: "classifier",
      env: {
        ...{
          REDIS_URL: redis.url,
          DYNAMODB_ENDPOINT: dynamodb.url,
          DYNAMODB_TABLE: name,
          QUEUE_PREFIX: name,
        },
        ...{
          DYNAMODB_CREATE_TABLE: "true",
          OPS_HOST: "127.0.0.1",
          OPS_PORT: "0",
          SWITCHYARD_CONFIG: catalogue,
        },
        ...{ AWS_ACCESS_KEY_ID: "test", AWS_SECRET_ACCESS_KEY: "test" },
      },
    });
    const ready = process.waitForLog((line) => line.includes('"ready"'), { timeoutMs: 30_000 });
    await Promise.race([ready.catch(() => {}), process.exited]);
    const lines = process.logs();
    await process.stop();
    await dynamodb.stop();
    await redis.stop();
    return [...lines];
  }

  test("reads it from beside the catalogue, and says which it uses and which it tries out", async () => {
    const [used, tried] = [fileWith(1), fileWith(2)];
    const lines = await started("  outcome_model: used.json\n  shadow_model: tried.json\n", {
      "used.json": used.text,
      "tried.json": tried.text,
    });
    expect(
      lines.filter((line) => line.includes('"outcome model"')).map((line) => JSON.parse(line)),
    ).toMatchObject([
      { use: "outcome", version: used.version },
      { use: "shadow", version: tried.version },
    ]);
  });

  test.each([
    ["that is not there", {}, "cannot be read"],
    ["that was changed", { "m.json": fileWith(1).text.replace("0.5", "0.4") }, "was changed"],
    ["that is something else", { "m.json": "{}" }, "is no file of an outcome model"],
  ])("does not start with one %s, and says so in one line", async (_, files, says) => {
    const lines = await started("  shadow_model: m.json\n", files);
    const told = lines.filter((line) => line.startsWith("switchyard: "));
    expect(told).toEqual([
      expect.stringContaining(`classifier.shadow_model: ${join(folder, "m.json")}: ${says}`),
    ]);
  });
});
