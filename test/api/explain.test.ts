import { watchLeaks } from "@switchyard/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type System, send, startSystem } from "./system.ts";

afterAll(watchLeaks());

let system: System;
beforeAll(async () => {
  system = await startSystem();
});
afterAll(() => system.stop());

interface Explained {
  decision: {
    class: string;
    confidence: number;
    reasons: string[];
    candidates: { model: string; expected_cost_usd: string; rejected_because: string | null }[];
  };
  model: string;
  expected_cost_usd: string;
}

interface Job {
  id: string;
  status: string;
  model: string;
  decision: Explained["decision"] | null;
  cost: { total_usd: string };
  result: { text: string };
}

const PROMPTS = [
  "What is the capital of France?",
  "What is 12.5 % of 3,480?",
  "Design a rate limiter for a distributed API gateway with fairness constraints, and prove its bounds.",
];

test.each(PROMPTS)(
  "a dry run of %j decides as the job is decided, and creates and spends nothing",
  async (input) => {
    const calls = system.simulator.bill().length;
    const explained = await send<Explained>(system, "POST /v1/route/explain", { body: { input } });
    expect(explained.status).toBe(200);
    const { decision, model, expected_cost_usd } = explained.body;
    expect(decision.reasons.length).toBeGreaterThan(0);
    expect(decision.confidence).toBeGreaterThan(0);
    expect(decision.candidates.find((one) => one.model === model)?.rejected_because).toBeNull();
    expect(expected_cost_usd).toMatch(/^0\.\d{1,12}$/);
    const others = decision.candidates.filter((one) => one.model !== model);
    for (const other of others) expect(other.rejected_because).toEqual(expect.any(String));
    expect(system.simulator.bill()).toHaveLength(calls);

    const job = await send<Job>(system, "POST /v1/jobs", { body: { input }, headers: { prefer: "wait=30" } });
    expect(job).toMatchObject({ status: 200, body: { status: "succeeded", model } });
    expect(job.body.decision).toMatchObject({
      class: decision.class,
      confidence: decision.confidence,
      reasons: decision.reasons,
      candidates: decision.candidates,
    });
  },
);

test("a dry run takes the body of a submit, every option of it, and refuses what a submit refuses", async () => {
  const body = {
    messages: [{ role: "user", content: "2 + 2?" }],
    model: "sim-large",
    max_output_tokens: 5,
    max_cost_usd: "1",
    on_unknown: "fail",
    priority: "high",
    min_class: "CALCULATION",
    max_class: "COMPLEX",
    metadata: { a: "b" },
    deadline: new Date(Date.now() + 60_000).toISOString(),
  };
  const explained = await send<Explained>(system, "POST /v1/route/explain", { body });
  expect(explained).toMatchObject({ status: 200, body: { model: "sim-large" } });
  for (const [wrong, code] of [
    [{ ...body, deadline: "2020-01-01T00:00:00Z" }, "validation_failed"],
    [{ ...body, model: "sim-huge" }, "unknown_model"],
    [{ ...body, max_cost_usd: "0.000000000001" }, "max_cost_exceeded"],
  ] as const) {
    const refused = await send<{ code: string }>(system, "POST /v1/route/explain", { body: wrong });
    expect([refused.status >= 400 && refused.status < 500, refused.body.code]).toEqual([true, code]);
  }
  const jobs = await send<{ data: unknown[] }>(system, "GET /v1/jobs?model=sim-large&limit=100");
  expect(JSON.stringify(jobs.body.data)).not.toContain('"a":"b"');
});

test("a job that is cancelled before it is called is never called, and costs nothing", async () => {
  const submitted = await Promise.all(
    Array.from({ length: 20 }, () =>
      send<Job>(system, "POST /v1/jobs", { body: { input: "Cancel me, please." } }),
    ),
  );
  const cancelled = await Promise.all(
    submitted.map(({ body }) => send<Job>(system, `POST /v1/jobs/${body.id}/cancel`)),
  );
  for (const { status, body } of cancelled) {
    expect([200, 202]).toContain(status);
    const wait = { prefer: "wait=30" };
    const { body: ended } = await send<Job>(system, `GET /v1/jobs/${body.id}`, { headers: wait });
    // A call that was on the wire when the cancel came was paid for, and is shown.
    const calls = system.simulator.bill().filter((line) => line.jobId === body.id);
    if (status === 202) expect(ended.status).toBe("cancelled");
    expect(calls.length === 0).toBe(ended.cost.total_usd === "0");
  }
});

test("200 submits at once with one key make one job and one call", async () => {
  const headers = { prefer: "wait=30", "idempotency-key": "only-once" };
  const answers = await Promise.all(
    Array.from({ length: 200 }, () =>
      send<Job>(system, "POST /v1/jobs", { body: { input: "capital of Peru?" }, headers }),
    ),
  );
  expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
  const [first] = answers;
  expect(system.simulator.bill().filter((line) => line.jobId === first?.body.id)).toHaveLength(1);
  const other = await send<{ code: string }>(system, "POST /v1/jobs", {
    body: { input: "capital of Chile?" },
    headers,
  });
  expect([other.status, other.body.code]).toEqual([422, "idempotency_key_reused"]);
});

test("a job and a dry run of it are moved by the same bounds", async () => {
  const body = { input: PROMPTS[0], min_class: "CALCULATION" };
  const explained = await send<Explained>(system, "POST /v1/route/explain", { body });
  const job = await send<Job>(system, "POST /v1/jobs", { body, headers: { prefer: "wait=30" } });
  for (const { body: shown } of [explained, job]) {
    expect(shown).toMatchObject({
      model: "sim-math",
      decision: { class: "CALCULATION", judged_class: "SIMPLE" },
    });
    expect(shown.decision?.reasons.at(-1)).toBe("moved from SIMPLE to CALCULATION by min_class");
  }
  expect(job.body).toMatchObject({ status: "succeeded", min_class: "CALCULATION", max_class: null });
});
