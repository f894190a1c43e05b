import { watchLeaks } from "@switchyard/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { driver } from "./drive-job.ts";
import { type Api, ask, startApi } from "./support.ts";

afterAll(watchLeaks());

let api: Api;
let key: string;
let jobId: string;
beforeAll(async () => {
  api = await startApi();
  key = await api.createKey("acme");
  jobId = (await ask(api.url, "POST /v1/jobs", { key, body: { input: "x" } })).body.id;
  await driver(api).succeed(jobId, "an answer");
});
afterAll(() => api.stop());

const receipt = (headers: Record<string, string> = {}, method = "GET") =>
  ask(api.url, `${method} /v1/jobs/${jobId}/receipt`, { key, headers });

test("a receipt is JSON whose total is what the job says that it cost", async () => {
  const { headers, body } = await receipt();
  const job = (await ask(api.url, `GET /v1/jobs/${jobId}`, { key })).body;
  expect(headers.get("content-type")).toBe("application/json; charset=utf-8");
  expect(headers.get("cache-control")).toBe("private, no-cache");
  expect(body).toEqual({
    object: "receipt",
    job_id: jobId,
    status: "succeeded",
    currency: "USD",
    lines: [
      {
        ...{ attempt: 1, kind: "invoke", model: "sim-small", component: "input", tokens: 10 },
        ...{ price_id: "simulated/sim-small", price_version: "test", state: "measured" },
        cost_usd: "0.0000015",
      },
      {
        ...{ attempt: 1, kind: "invoke", model: "sim-small", component: "output", tokens: 5 },
        ...{ price_id: "simulated/sim-small", price_version: "test", state: "measured" },
        cost_usd: "0.000003",
      },
    ],
    total_usd: job.cost.total_usd,
    estimated_usd: job.cost.estimated_usd,
    at_risk_usd: job.cost.at_risk_usd,
    baseline_usd: job.cost.baseline_usd,
    saved_usd: job.cost.saved_usd,
  });
});

test.each([
  ["text/plain", "text/plain"],
  ["text/plain, application/json;q=0.5", "text/plain"],
  ["text/*", "text/plain"],
  ["*/*", "application/json"],
  ["application/json", "application/json"],
  ["application/json, text/plain", "application/json"],
  ["image/png", "application/json"],
  ["not a type", "application/json"],
])("a caller that accepts %s gets %s", async (accept, type) => {
  const { status, headers, text } = await receipt({ accept });
  expect([status, headers.get("content-type"), headers.get("vary")]).toEqual([
    200,
    `${type}; charset=utf-8`,
    "Accept",
  ]);
  expect(text).toContain("0.0000015");
});

test("HEAD answers as GET does, and a parameter is refused", async () => {
  expect((await receipt({}, "HEAD")).status).toBe(200);
  const refused = await ask(api.url, `GET /v1/jobs/${jobId}/receipt?format=text`, { key });
  expect([refused.status, refused.body.code]).toEqual([400, "validation_failed"]);
});

test("a job that nothing was called for yet has a receipt without lines", async () => {
  const { body } = await ask(api.url, "POST /v1/jobs", { key, body: { input: "y" } });
  const answer = await ask(api.url, `GET /v1/jobs/${body.id}/receipt`, { key });
  expect(answer.body).toMatchObject({ status: "queued", lines: [], total_usd: "0", saved_usd: null });
});
