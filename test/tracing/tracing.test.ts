import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { JobView } from "@switchyard/shared/contracts";
import { connect } from "@switchyard/shared/queues";
import { waitFor, watchLeaks } from "@switchyard/testkit";
import { afterAll, afterEach, beforeEach, expect, test } from "vitest";
import { KEY, type System, type SystemOptions, send, startSystem } from "../api/system.ts";
import { type Collector, type Span, startCollector } from "./collector.ts";

afterAll(watchLeaks());

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const CALLER_SPAN = "00f067aa0ba902b7";
const CALLER = { traceparent: `00-${TRACE}-${CALLER_SPAN}-01` };

const folder = mkdtempSync(join(tmpdir(), "switchyard-tracing-"));
const file = join(folder, "switchyard.yaml");
const shipped = readFileSync(new URL("../../switchyard.yaml", import.meta.url), "utf8");
/** The shipped catalogue, with a model whose first call for each job fails, one that judges, one that refuses, and one that is limited. */
writeFileSync(
  file,
  shipped
    .replace(
      "models:\n",
      `models:\n${model("flaky", "fault-500;times=1;per=job")}${model("judge", "judge")}${model("refused", "fault-400")}${model("limited", "limited")}    limits: { requests_per_minute: 120 }\n`,
    )
    .replace("  mode: local\n", "  mode: llm\n  llm: { model: judge }\n"),
);
function model(id: string, name: string): string {
  const lines = [
    `${id}:`,
    "  provider: simulated",
    `  provider_model: "${name}"`,
    "  price: simulated/sim-small",
    "  window_tokens: 128000",
    "  max_output_tokens: 16384",
    "  strength: 1",
  ];
  return lines.map((line) => `  ${line}\n`).join("");
}
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let collector: Collector;
let system: System | undefined;
beforeEach(async () => {
  collector = await startCollector();
});
afterEach(async () => {
  await stopped();
  await collector.close();
});

async function started(options: SystemOptions = {}): Promise<System> {
  const environment = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, ...options.environment };
  system = await startSystem({ latencyScale: 0, ...options, environment });
  return system;
}

/** Services export what they have left when they stop. */
async function stopped(): Promise<void> {
  await system?.stop();
  system = undefined;
}

const wait = { prefer: "wait=60" };

function named(spans: readonly Span[], name: string): Span[] {
  return spans.filter((span) => span.name === name);
}

/** Every span hangs below the caller's, or begins the trace. */
function expectWhole(spans: readonly Span[], roots: readonly (string | undefined)[]): void {
  const known = new Set([...spans.map(({ spanId }) => spanId), ...roots]);
  const lost = spans.filter(({ parentSpanId }) => !known.has(parentSpanId || undefined));
  expect(lost.map(({ name, service }) => `${service}: ${name}`)).toEqual([]);
}

test("a job is one trace, its caller's, from the request through each attempt to its end, and tells nothing of what was said", async () => {
  const secret = "Xylophagous-7713";
  const running = await started({ environment: { SWITCHYARD_CONFIG: file } });
  const body = { input: `What is the capital of ${secret}?`, model: "flaky", metadata: { note: secret } };
  const { body: job } = await send<JobView>(running, "POST /v1/jobs", {
    body,
    headers: { ...wait, ...CALLER },
  });
  expect(job).toMatchObject({ status: "succeeded" });
  await stopped();
  const spans = collector.spans().filter(({ traceId }) => traceId === TRACE);
  expectWhole(spans, [CALLER_SPAN]);
  const [post] = named(spans, "POST /v1/jobs");
  expect(post).toMatchObject({ service: "switchyard-ingest", parentSpanId: CALLER_SPAN, kind: 2 });
  expect(post?.facts).toMatchObject({ "http.route": "/v1/jobs", "http.response.status_code": 200 });
  expect(named(spans, "classify").at(-1)?.facts).toMatchObject({
    "switchyard.job_id": job.id,
    "switchyard.class": job.decision?.class,
    "switchyard.strategy": job.decision?.strategy,
  });
  const calls = spans.filter(({ facts }) => facts["gen_ai.operation.name"] === "chat");
  expect(calls.map(({ facts }) => facts["switchyard.attempt"])).toEqual(job.attempts.map(({ n }) => n));
  expect(calls.map(({ facts }) => facts["switchyard.cost_usd"] ?? null)).toEqual(
    job.attempts.map(({ cost_usd }) => cost_usd),
  );
  const [failed, answered] = calls.filter(({ facts }) => facts["switchyard.attempt.kind"] === "invoke");
  expect(failed).toMatchObject({ kind: 3, status: { code: 2 } });
  expect(failed?.facts["error.type"]).toMatch(/^PROVIDER_/);
  expect(answered?.facts).toMatchObject({
    "gen_ai.provider.name": "simulated",
    "gen_ai.response.finish_reasons": ["stop"],
    "gen_ai.usage.input_tokens": job.usage?.input_tokens,
    "gen_ai.usage.output_tokens": job.usage?.output_tokens,
  });
  const ends = named(spans, "settle").filter(({ facts }) => facts["switchyard.status"] !== undefined);
  expect(ends.map(({ facts }) => [facts["switchyard.status"], facts["switchyard.cost_usd"]])).toEqual([
    ["succeeded", job.cost.total_usd],
  ]);
  const names = spans.map(({ name }) => name);
  expect(names).toEqual(expect.arrayContaining(["add invoke.flaky.invoke", "process invoke.flaky"]));
  for (const word of [secret, KEY, "acme"]) expect(collector.text()).not.toContain(word);
});

test("what a model was asked to judge the job is an attempt in the job's trace like any other", async () => {
  const running = await started({ environment: { SWITCHYARD_CONFIG: file } });
  const body = { input: "Is there a way to plan a town around its trees?" };
  const { body: job } = await send<JobView>(running, "POST /v1/jobs", {
    body,
    headers: { ...wait, ...CALLER },
  });
  expect(job.decision).toMatchObject({ strategy: "llm", degraded: null });
  await stopped();
  const spans = collector.spans().filter(({ traceId }) => traceId === TRACE);
  expectWhole(spans, [CALLER_SPAN]);
  expect(named(spans, "consult")).not.toEqual([]);
  const calls = spans.filter(({ facts }) => facts["gen_ai.operation.name"] === "chat");
  expect(calls.map(({ facts }) => [facts["switchyard.attempt.kind"], facts["switchyard.model"]])).toEqual([
    ["classify", "judge"],
    ["invoke", job.model],
  ]);
});

test("a batch of 20 jobs is 20 traces, each whole, though its jobs share queue jobs", async () => {
  const running = await started({ invokes: false });
  const items = Array.from({ length: 20 }, (_, n) => ({ input: `What is the capital of country ${n}?` }));
  const { body } = await send<{ items: { id: string }[] }>(running, "POST /v1/jobs/batch", {
    body: items,
    headers: CALLER,
  });
  await running.startInvoker();
  for (const { id } of body.items) await send(running, `GET /v1/jobs/${id}`, { headers: wait });
  await stopped();
  const spans = collector.spans();
  const [post] = named(spans, "POST /v1/jobs/batch");
  expect(post).toMatchObject({ traceId: TRACE, parentSpanId: CALLER_SPAN });
  const accepted = named(spans, "accept");
  const ids = accepted.map(({ facts }) => facts["switchyard.job_id"]);
  expect(new Set(ids)).toEqual(new Set(body.items.map(({ id }) => id)));
  expect(new Set(accepted.map(({ traceId }) => traceId)).size).toBe(20);
  for (const { traceId, links, facts } of accepted) {
    expect(links).toMatchObject([{ traceId: TRACE, spanId: post?.spanId }]);
    const own = spans.filter((span) => span.traceId === traceId);
    expectWhole(own, [undefined]);
    const names = own.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(["accept", "classify", "invoke", "settle"]));
    for (const span of own)
      expect([undefined, facts["switchyard.job_id"]]).toContain(span.facts["switchyard.job_id"]);
  }
  const gathered = named(spans, "classify").flatMap(({ links = [] }) => links);
  expect(gathered).not.toEqual([]);
  // A queue job of many jobs is in the trace of none.
  const jobs = new Set(accepted.map(({ traceId }) => traceId));
  for (const { traceId, spanId } of gathered) {
    expect(jobs).not.toContain(traceId);
    expect(named(spans, "process classify").map((span) => span.spanId)).toContain(spanId);
  }
});

test("the request that replays a job names it, and one that replays all that failed names none", async () => {
  const running = await started({ environment: { SWITCHYARD_CONFIG: file } });
  const body = { input: "What is the capital of France?", model: "refused" };
  const { body: job } = await send<JobView>(running, "POST /v1/jobs", { body, headers: wait });
  expect(job.status).toBe("failed");
  const all = { body: { dry_run: false } };
  expect((await send(running, "POST /v1/jobs/replay", all)).body).toMatchObject({ replayed: 1 });
  await send(running, `GET /v1/jobs/${job.id}`, { headers: wait });
  expect((await send(running, `POST /v1/jobs/${job.id}/replay`)).status).toBe(202);
  await stopped();
  const named = collector.spans().filter(({ name }) => /^POST .*replay$/.test(name));
  expect(named.map(({ name, facts }) => [name, facts["switchyard.job_id"]])).toEqual([
    ["POST /v1/jobs/replay", undefined],
    ["POST /v1/jobs/:id/replay", job.id],
  ]);
});

test("a job that waits for its model's limits has no span for each look at them", async () => {
  const running = await started({ environment: { SWITCHYARD_CONFIG: file } });
  // Six may be called at once, and then one each half second.
  const jobs = await Promise.all(
    Array.from({ length: 10 }, async () => {
      const body = { input: "What is the capital of France?", model: "limited" };
      return (await send<JobView>(running, "POST /v1/jobs", { body, headers: wait })).body;
    }),
  );
  expect(jobs.map(({ status }) => status)).toEqual(jobs.map(() => "succeeded"));
  await stopped();
  expect(named(collector.spans(), "invoke")).toHaveLength(jobs.length);
  expect(named(collector.spans(), "process invoke.limited")).toHaveLength(jobs.length);
});

test("a job whose summons Redis lost goes on in its trace", async () => {
  const environment = { SWEEP_INTERVAL_MS: "200", SWEEP_STALE_MS: "500" };
  const running = await started({ invokes: false, environment });
  const { body: accepted } = await send<JobView>(running, "POST /v1/jobs", {
    body: { input: "What is the capital of France?" },
    headers: CALLER,
  });
  const job = `GET /v1/jobs/${accepted.id}`;
  await waitFor(async () => (await send<JobView>(running, job)).body.model !== null);
  expect(await wipe(running)).toBeGreaterThan(0);
  await running.startInvoker();
  const { body: ended } = await send<JobView>(running, job, { headers: wait });
  expect(ended.status).toBe("succeeded");
  await stopped();
  const spans = collector.spans().filter(({ traceId }) => traceId === TRACE);
  expectWhole(spans, [CALLER_SPAN]);
  const added = spans.filter(({ name }) => name.startsWith("add invoke."));
  expect(added.map(({ service }) => service)).toContain("switchyard-cost");
  expect(named(spans, "invoke")).toHaveLength(1);
  expect(named(spans, "settle").map(({ facts }) => facts["switchyard.status"])).toContain("succeeded");
});

/** Removes all keys of the system from Redis, and says how many there were. */
async function wipe({ redisUrl, queuePrefix }: System): Promise<number> {
  const redis = connect(redisUrl, "producer");
  try {
    await waitFor(() => redis.status === "ready");
    return await redis.unlink(...(await redis.keys(`${queuePrefix}*`)));
  } finally {
    redis.disconnect();
  }
}
