import { watchLeaks } from "@switchyard/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { driver } from "./drive-job.ts";
import { type Api, ask, jobRowsIn, startApi } from "./support.ts";

afterAll(watchLeaks());

let api: Api;
let key: string;
beforeAll(async () => {
  api = await startApi();
  key = await api.createKey("acme");
});
afterAll(() => api.stop());

const post = (body: unknown, headers: Record<string, string> = {}) =>
  ask(api.url, "POST /v1/jobs", { key, body, headers });

/** Submits with `Prefer`, and gives the id of the job while its answer is held back. */
async function held(prefer: string, body: object) {
  const before = new Set(await jobRowsIn(api));
  const answer = post(body, { prefer });
  const isNew = async () => (await jobRowsIn(api)).find((row) => !before.has(row));
  await expect.poll(isNew).toBeDefined();
  return { answer, jobId: String(await isNew()).slice("J#".length, -" job".length) };
}

describe("a submit", () => {
  test("answers 202 with the stored job, where it is and when to look", async () => {
    const answer = await post({ input: "What is 2 + 2?", metadata: { order: "7" } });
    expect(answer.status).toBe(202);
    expect(answer.headers.get("location")).toBe(`/v1/jobs/${answer.body.id}`);
    expect(Number(answer.headers.get("retry-after"))).toBeGreaterThanOrEqual(1);
    expect(answer.headers.get("vary")).toContain("Prefer");
    expect(answer.headers.get("etag")).toBe('"1"');
    expect(answer.headers.get("cache-control")).toBe("private, no-cache");
    expect(answer.headers.get("switchyard-job-id")).toBe(answer.body.id);
    expect(answer.headers.get("preference-applied")).toBeNull();
    expect(answer.body).toMatchObject({
      object: "job",
      status: "queued",
      version: 1,
      model_requested: "auto",
      on_unknown: "retry",
      priority: "normal",
      decision: null,
      model: null,
      attempts: [],
      usage: null,
      result: null,
      error: null,
      cost: { total_usd: "0", at_risk_usd: "0" },
      metadata: { order: "7" },
      links: { self: `/v1/jobs/${answer.body.id}`, cancel: `/v1/jobs/${answer.body.id}/cancel` },
    });
    expect(await ask(api.url, `GET ${answer.headers.get("location")}`, { key })).toMatchObject({
      status: 200,
      body: answer.body,
    });
  });

  test("is stored with its prompt before it is answered", async () => {
    const messages = [
      { role: "system", content: "Answer in one word." },
      { role: "user", content: "Grüße 👋 \ud83d" },
    ];
    const { body } = await post({ messages });
    const row = await driver(api).row(body.id);
    expect(await api.ledger.contents.readPrompt(row)).toEqual(messages);
  });

  test("keeps every option that was given", async () => {
    const deadline = new Date(Date.now() + 3_600_000).toISOString();
    const limits = { max_output_tokens: 7, max_cost_usd: "0.050", on_unknown: "fail" };
    const options = { model: "sim-math", priority: "low", ...limits };
    const { body } = await post({ input: "x", deadline, ...options });
    expect(body).toMatchObject({
      deadline_at: deadline,
      model_requested: "sim-math",
      max_output_tokens: 7,
      max_cost_usd: "0.050",
      on_unknown: "fail",
      priority: "low",
    });
  });

  test("has the deadline of the catalogue when it names none", async () => {
    const { body } = await post({ input: "x" });
    expect(Date.parse(body.deadline_at) - Date.parse(body.created_at)).toBe(86_400_000);
  });

  test("is named by the request id of its caller when that is harmless", async () => {
    const kept = await post({ input: "x" }, { "x-request-id": "trace-1.A_b" });
    expect(kept.headers.get("x-request-id")).toBe("trace-1.A_b");
    const replaced = await post({ input: "x" }, { "x-request-id": "<script>" });
    expect(replaced.headers.get("x-request-id")).toMatch(/^req_[\w-]{16}$/);
  });
});

test("a query parameter that a route does not know is refused by name, not ignored", async () => {
  for (const path of [
    "/v1/jobs?atomic=true",
    "/v1/jobs/batch?atomic=true",
    "/v1/route/explain?atomic=true",
  ]) {
    const { status, body } = await ask(api.url, `POST ${path}`, { key, body: { input: "x" } });
    expect([status, body.code, body.errors?.[0]?.path]).toEqual([400, "validation_failed", "atomic"]);
  }
});

describe("Prefer: wait", () => {
  test("answers 200 with the whole job as soon as it has succeeded", async () => {
    const { answer, jobId } = await held("wait=30", { input: "capital of Peru?" });
    await driver(api).succeed(jobId, "Lima.");
    const { status, headers, body } = await answer;
    expect(status).toBe(200);
    expect(headers.get("preference-applied")).toBe("wait=30");
    expect(headers.get("retry-after")).toBeNull();
    expect(headers.get("location")).toBe(`/v1/jobs/${jobId}`);
    expect(body).toMatchObject({
      status: "succeeded",
      model: "sim-small",
      decision: { class: "SIMPLE", confidence: 0.9 },
      attempts: [{ n: 1, kind: "invoke", outcome: "settled", cost_usd: "0.0000045", provider: "simulated" }],
      usage: { input_tokens: 10, output_tokens: 5 },
      cost: {
        total_usd: "0.0000045",
        baseline_usd: "0.000045",
        saved_usd: "0.0000405",
        at_risk_usd: "0",
      },
      result: { text: "Lima.", finish_reason: "stop", model: "sim-small-1" },
      error: null,
    });
    expect(body.decision).not.toHaveProperty("baseline");
    const outcome = ["class", "model", "cost-usd", "saved-usd"].map((name) =>
      headers.get(`switchyard-${name}`),
    );
    expect(outcome).toEqual(["SIMPLE", "sim-small", "0.0000045", "0.0000405"]);
  });

  test("answers 200 when the job has failed: its failure is data", async () => {
    const { answer, jobId } = await held("wait=30", { input: "x" });
    await driver(api).fail(jobId);
    expect(await answer).toMatchObject({
      status: 200,
      body: { status: "failed", result: null, error: { code: "provider_rejected" } },
    });
  });

  test("answers 202 with the present state when the time is up", async () => {
    const startedAt = performance.now();
    const answer = await post({ input: "x" }, { prefer: "respond-async, wait=1" });
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(990);
    expect(answer.status).toBe(202);
    expect(answer.headers.get("preference-applied")).toBe("respond-async, wait=1");
    expect(answer.headers.get("retry-after")).toBe("1");
    expect(answer.body.status).toBe("queued");
  });

  test("is held to 60 seconds, and says so", async () => {
    const { answer, jobId } = await held("wait=3600", { input: "x" });
    await driver(api).end(jobId, "expired");
    expect((await answer).headers.get("preference-applied")).toBe("wait=60");
  });

  test("that is not understood is ignored", async () => {
    for (const prefer of ["wait=soon", "wait=-1", "wait", "handling=lenient", ",,;="]) {
      const answer = await post({ input: "x" }, { prefer });
      expect([answer.status, answer.headers.get("preference-applied")]).toEqual([202, null]);
    }
  });

  test("ends with what there is when the process drains, and nothing is cut off", async () => {
    const draining = await startApi();
    const secret = await draining.createKey("acme");
    const headers = { prefer: "wait=60" };
    const answer = ask(draining.url, "POST /v1/jobs", { key: secret, body: { input: "x" }, headers });
    await expect.poll(() => jobRowsIn(draining)).toHaveLength(1);
    const startedAt = performance.now();
    await Promise.all([draining.stop(), draining.stop()]);
    expect(await answer).toMatchObject({ status: 202, body: { status: "queued" } });
    // A connection may be kept for 5 s, but not beyond its answer in a process that drains.
    expect(performance.now() - startedAt).toBeLessThan(2_500);
  });
});

test("a client that goes away while it waits leaves its job as it is", async () => {
  const before = new Set(await jobRowsIn(api));
  const gone = new AbortController();
  const headers = { prefer: "wait=60" };
  const answer = ask(api.url, "POST /v1/jobs", { key, body: { input: "x" }, headers, signal: gone.signal });
  const isNew = async () => (await jobRowsIn(api)).find((row) => !before.has(row));
  await expect.poll(isNew).toBeDefined();
  gone.abort();
  await expect(answer).rejects.toThrow();
  const jobId = String(await isNew()).slice("J#".length, -" job".length);
  const row = await driver(api).row(jobId);
  expect(row).toMatchObject({ status: "queued", version: 1 });
  await driver(api).succeed(jobId, "still answered");
  expect((await ask(api.url, `GET /v1/jobs/${jobId}`, { key })).body.result.text).toBe("still answered");
});
