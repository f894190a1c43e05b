import { watchLeaks } from "@switchyard/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { driver } from "./drive-job.ts";
import { type Api, ask, startApi } from "./support.ts";

afterAll(watchLeaks());

let api: Api;
let key: string;
beforeAll(async () => {
  api = await startApi();
  key = await api.createKey("acme");
});
afterAll(() => api.stop());

test("a rare match behind more than 1,000 others is found by following last_id", async () => {
  const { body: rare } = await ask(api.url, "POST /v1/jobs", { key, body: { input: "the rare one" } });
  await driver(api).end(rare.id, "expired");
  for (const size of [1_000, 200]) {
    const body = Array.from({ length: size }, () => ({ input: "x" }));
    const answer = await ask(api.url, "POST /v1/jobs/batch", { key, body });
    expect(answer.body).toMatchObject({ accepted: size, rejected: 0 });
  }
  const first = await ask(api.url, "GET /v1/jobs?status=expired&limit=100", { key });
  expect(first.body).toMatchObject({ data: [], has_more: true, first_id: null });
  expect(first.body.last_id).toMatch(/^job_/);
  const next = `GET /v1/jobs?status=expired&limit=100&after=${first.body.last_id}`;
  const second = await ask(api.url, next, { key });
  expect(second.body).toMatchObject({ data: [{ id: rare.id }], has_more: false });
}, 60_000);
