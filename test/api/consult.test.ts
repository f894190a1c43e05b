import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AttemptView, JobView } from "@switchyard/shared/contracts";
import { parseUsd } from "@switchyard/shared/pricing";
import { waitFor, watchLeaks } from "@switchyard/testkit";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import { type System, type SystemOptions, send, startSystem } from "./system.ts";

afterAll(watchLeaks());

const SHIPPED = readFileSync(new URL("../../switchyard.yaml", import.meta.url), "utf8");
const folder = mkdtempSync(join(tmpdir(), "switchyard-consult-"));
let system: System | undefined;
afterEach(async () => {
  await system?.stop();
  system = undefined;
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The shipped catalogue, with a judge of its own that answers as `judge` says. */
async function systemWith(
  classifier: string,
  { judge = "judge", ...options }: SystemOptions & { judge?: string } = {},
): Promise<System> {
  const model = `models:
  judge:
    provider: simulated
    provider_model: ${JSON.stringify(judge)}
    price: simulated/sim-small
    window_tokens: 128000
    max_output_tokens: 16384
    strength: 1
`;
  const text = SHIPPED.replace("models:\n", model).replace("  mode: local\n", classifier);
  expect(text).toContain(classifier);
  const file = join(folder, "switchyard.yaml");
  writeFileSync(file, text);
  const environment = { SWITCHYARD_CONFIG: file, ...options.environment };
  system = await startSystem({ latencyScale: 0, ...options, environment });
  return system;
}

async function answered(running: System, body: object): Promise<JobView> {
  return (await send<JobView>(running, "POST /v1/jobs", { body, headers: { prefer: "wait=60" } })).body;
}

const LLM = "  mode: llm\n  llm: { model: judge }\n";
const isConsult = ({ kind }: AttemptView) => kind === "classify";

/** Every call has its row, and each row says what the bill says. */
function expectBilled({ simulator }: System, job: JobView): void {
  const bill = simulator.bill().filter((line) => line.jobId === job.id);
  expect(bill.map(({ attemptId }) => attemptId)).toEqual(
    job.attempts.filter(({ outcome }) => outcome === "settled").map(({ n }) => `${job.id}.${n}`),
  );
  const costs = job.attempts.flatMap(({ cost_usd }) => (cost_usd === null ? [] : [parseUsd(cost_usd)]));
  expect(costs).toEqual(bill.map(({ costPicoUsd }) => BigInt(costPicoUsd)));
  const total = costs.reduce((sum, cost) => sum + cost, 0n);
  expect(parseUsd(job.cost.total_usd)).toBe(total);
}

describe("in mode llm", () => {
  test("a model judges each job; its call is a row of kind classify, priced as billed, and part of the job's cost", async () => {
    const running = await systemWith(LLM);
    const jobs = await Promise.all(
      [
        ["Who wrote Faust?", "SIMPLE"],
        ["What is 17 * 23 + 4?", "CALCULATION"],
        ["Is there a way to plan a town around its trees?", "COMPLEX"],
      ].map(async ([input, expected]) => ({ expected, job: await answered(running, { input }) })),
    );
    for (const { expected, job } of jobs) {
      expect(job).toMatchObject({ status: "succeeded", cost: { at_risk_usd: "0" } });
      expect(job.decision).toMatchObject({ class: expected, strategy: "llm", degraded: null });
      expect(job.decision?.gate).toMatchObject({ asked: true, reason: "no_gate" });
      expect(job.attempts.map(({ kind, model }) => [kind, model])).toEqual([
        ["classify", "judge"],
        ["invoke", job.model],
      ]);
      expect(job.cost.classifier_usd).toBe(job.attempts[0]?.cost_usd);
      expect(job.decision?.cost_usd).toBe(job.cost.classifier_usd);
      expect(parseUsd(job.cost.classifier_usd)).toBeGreaterThan(0n);
      expectBilled(running, job);
    }
  });
});

const PROMPTS = [
  "Who wrote Faust?",
  "What is 17 * 23 + 4?",
  "Hello!",
  "Explain why the sky is blue",
  "Write a short text about rain",
  "Should we take the train or the car?",
  "Why do cats purr, and why do dogs bark?",
  "Is there a way to plan a town around its trees?",
  "Write an email that declines an offer and explains the reasons",
  "Improve this sentence: we go to market",
  "What is the capital of France?",
  "How many metres are 12 miles?",
];

describe("in mode hybrid", () => {
  test("a model is asked about the unsure jobs that it can pay for, and what that took comes off what it saved", async () => {
    const running = await systemWith("  mode: hybrid\n  llm: { model: judge, below_confidence: 0.8 }\n");
    const jobs = await Promise.all(PROMPTS.map((input) => answered(running, { input })));
    const asked = jobs.filter(({ decision }) => decision?.gate?.asked === true);
    expect(asked.length).toBeGreaterThan(0);
    expect(asked.length).toBeLessThan(PROMPTS.length * 0.6);
    for (const job of jobs) {
      const { decision, attempts } = job;
      const isAsked = asked.includes(job);
      expect(attempts.filter(isConsult)).toHaveLength(isAsked ? 1 : 0);
      expect(decision?.strategy === "llm").toBe(isAsked);
      const { price_usd = "0", expected_saving_usd = "0", confidence = 1, reason } = decision?.gate ?? {};
      const pays = confidence < 0.8 && parseUsd(expected_saving_usd) > parseUsd(price_usd);
      expect([isAsked, reason === "pays"]).toEqual([pays, pays]);
      expectBilled(running, job);
    }
    // Without a value of quality only those bound for the strongest model are asked about: it is what they are measured against.
    const saved = asked.map(({ cost }) => parseUsd(cost.saved_usd ?? "0"));
    expect(saved.reduce((sum, usd) => sum + usd, 0n)).toBeGreaterThan(0n);
    for (const { cost } of asked) {
      const net = parseUsd(cost.baseline_usd ?? "0") - parseUsd(cost.total_usd);
      expect(parseUsd(cost.saved_usd ?? "0")).toBe(net);
    }
  });

  test("a dry run shows what would be asked and why, and spends nothing", async () => {
    const running = await systemWith("  mode: hybrid\n  llm: { model: judge, below_confidence: 1 }\n");
    const explained = await send<{ decision: JobView["decision"] }>(running, "POST /v1/route/explain", {
      body: { input: "Is there a way to plan a town around its trees?", min_class: "SIMPLE" },
    });
    const { gate, probabilities, degraded, cost_usd } = explained.body.decision ?? {};
    expect(gate).toMatchObject({ price_usd: expect.any(String), expected_saving_usd: expect.any(String) });
    expect(Object.keys(probabilities ?? {}).sort()).toEqual(["CALCULATION", "COMPLEX", "SIMPLE"]);
    expect([degraded, cost_usd]).toEqual([null, "0"]);
    expect(running.simulator.bill()).toEqual([]);
  });
});

describe("the local answer stands, and the job says why", () => {
  test.each([
    ["is down", "fault-503", "unavailable", 1],
    ["refuses", "fault-400", "refused", 1],
    ["talks nonsense", "fault-nonsense", "nonsense", 2],
    ["hangs", "fault-hang", "timeout", 1],
  ])("when the model %s", async (_, judge, degraded, settled) => {
    const llm = "  mode: llm\n  llm: { model: judge, timeout_ms: 800 }\n";
    const running = await systemWith(llm, { judge });
    const job = await answered(running, { input: "What is 17 * 23 + 4?" });
    expect(job).toMatchObject({ status: "succeeded", decision: { class: "CALCULATION", degraded } });
    expect(job.decision?.strategy).not.toBe("llm");
    expect(job.attempts.filter(({ outcome }) => outcome === "settled")).toHaveLength(settled);
    expect(job.attempts.map(({ kind }) => kind)).toEqual(["classify", "invoke"]);
    if (degraded === "nonsense") expect(parseUsd(job.cost.classifier_usd)).toBeGreaterThan(0n);
    expect(parseUsd(job.cost.at_risk_usd) > 0n).toBe(degraded === "timeout");
  });

  test("when nobody works for the model's pool, and no call is made for it", async () => {
    const llm = "  mode: llm\n  llm: { model: judge, timeout_ms: 500 }\n";
    const running = await systemWith(llm, {
      environment: { INVOKER_MODELS: "sim-small,sim-math,sim-large" },
    });
    const job = await answered(running, { input: "What is 17 * 23 + 4?" });
    expect(job).toMatchObject({ status: "succeeded", decision: { degraded: "timeout", cost_usd: "0" } });
    expect(job.attempts.map(({ kind }) => kind)).toEqual(["invoke"]);
  });
});

test("a prompt that the model has judged is not judged again for its tenant, and costs nothing", async () => {
  const running = await systemWith(LLM);
  const first = await answered(running, { input: "Is there a way to plan a town around its trees?" });
  const again = await answered(running, { input: "Is there a way to plan a town around its trees?" });
  expect(first.decision?.strategy).toBe("llm");
  expect(again.decision).toMatchObject({
    class: first.decision?.class,
    strategy: "llm cached",
    cost_usd: "0",
  });
  expect(again.attempts.filter(isConsult)).toEqual([]);
  expect(again.cost.classifier_usd).toBe("0");
});

test("a job that is cancelled while it is judged is cancelled, and its judgement is at risk", async () => {
  const llm = "  mode: llm\n  llm: { model: judge, timeout_ms: 60000 }\n";
  const running = await systemWith(llm, { judge: "fault-hang" });
  const { body } = await send<JobView>(running, "POST /v1/jobs", { body: { input: "Who wrote Faust?" } });
  await waitFor(() => running.simulator.inFlight().now === 1);
  await send(running, `POST /v1/jobs/${body.id}/cancel`);
  const job = await waitFor(async () => {
    const seen = await send<JobView>(running, `GET /v1/jobs/${body.id}`);
    return seen.body.status === "cancelled" ? seen.body : undefined;
  });
  expect(job).toMatchObject({ decision: null, attempts: [{ kind: "classify", outcome: "unknown" }] });
  expect(parseUsd(job.cost.at_risk_usd)).toBeGreaterThan(0n);
});
