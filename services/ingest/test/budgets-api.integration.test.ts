import { watchLeaks } from "@switchyard/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type BudgetedApi, startBudgeted } from "./budget-support.ts";
import { driver } from "./drive-job.ts";
import { ask } from "./support.ts";

afterAll(watchLeaks());

let api: BudgetedApi;
let admin: string;
beforeAll(async () => {
  api = await startBudgeted({ fixed: { limit_usd: "5", tenant: "acme" } }, { tags: ["project"] });
  admin = await api.createKey("operators", { scopes: ["jobs:read", "admin"] });
});
afterAll(() => api.stop());

const put = (id: string, body: unknown) => ask(api.url, `PUT /v1/budgets/${id}`, { key: admin, body });
const remove = (id: string) => ask(api.url, `DELETE /v1/budgets/${id}`, { key: admin });
const list = async () => (await ask(api.url, "GET /v1/budgets", { key: admin })).body.data;

test("a budget is set, replaced and deleted over HTTP, and shown as it is at once", async () => {
  const first = await put("team", { tenant: "acme", window: "day", limit_usd: "1" });
  expect([first.status, first.body]).toEqual([
    200,
    expect.objectContaining({
      id: "team",
      source: "api",
      limit_usd: "1",
      hard_stop: true,
      state: "building",
    }),
  ]);
  expect(await list()).toMatchObject([{ id: "fixed" }, { id: "team", window: { kind: "rolling" } }]);
  const tag = { name: "project", value: "apollo" };
  await put("team", { tag, window: "week", time_zone: "Asia/Kolkata", limit_usd: "2.5", hard_stop: false });
  expect((await list())[1]).toMatchObject({
    ...{ tenant: null, tag, limit_usd: "2.5", hard_stop: false },
    window: { length: "week", kind: "calendar", time_zone: "Asia/Kolkata" },
  });
  expect((await remove("team")).body).toEqual({ id: "team", object: "budget", deleted: true });
  expect(await list()).toMatchObject([{ id: "fixed" }]);
  expect((await remove("team")).status).toBe(404);
});

test("every problem of a budget is told at once, with the name that was probably meant", async () => {
  const { status, body } = await put("Team A", {
    ...{ window: "year", limit_usd: "1000001", time_zone: "Europe/Berlim", colour: "red" },
    ...{ tag: { name: "projct", value: "x" }, alert_at_percent: 101 },
  });
  expect([status, body.code]).toEqual([400, "validation_failed"]);
  const told = body.errors.map(({ path, detail }: { path: string; detail: string }) => `${path}: ${detail}`);
  expect(told.sort()).toEqual([
    "alert_at_percent: must be at most 100",
    "colour: is not a known field",
    expect.stringMatching(/^id: must be 1 to 63 of/),
    "limit_usd: must be at most 1000000",
    'tag.name: unknown tag "projct" (did you mean project?)',
    'time_zone: unknown time zone "Europe/Berlim" (did you mean Europe/Berlin?)',
    expect.stringMatching(/^window: must be one of hour, day/),
  ]);
  expect((await put("team", null)).status).toBe(400);
});

test("a budget of the file is changed in the file alone", async () => {
  const body = { window: "day", limit_usd: "1000" };
  for (const { status, body: told } of [await put("fixed", body), await remove("fixed")])
    expect([status, told.code]).toEqual([409, "budget_fixed"]);
  expect(await list()).toMatchObject([{ id: "fixed", limit_usd: "5", source: "file" }]);
});

test("a replay is reserved for anew, within what the job's own limit has left, and refused without room", async () => {
  const key = await api.createKey("acme");
  const submit = { input: "x", model: "sim-small", max_output_tokens: 10 };
  const { body } = await ask(api.url, "POST /v1/jobs", { key, body: submit });
  await driver(api).fail(body.id);
  await api.accounts.release(body.id);
  await api.spend("fixed", "another", 5n * 10n ** 12n - 1n);
  const replay = () => ask(api.url, `POST /v1/jobs/${body.id}/replay`, { key, body: {} });
  const refused = await replay();
  expect([refused.status, refused.body.code]).toEqual([429, "budget_exceeded"]);
  expect(await api.ledger.jobs.read(body.id)).toMatchObject({ generation: 1, status: "failed" });
  await api.spend("fixed", "another", 0n);
  expect((await replay()).status).toBe(202);
  const again = await api.ledger.jobs.read(body.id);
  expect(again).toMatchObject({ generation: 2, reservedPicoUsd: 10_800_000n });
  expect(await api.standing("fixed")).toEqual([0n, 10_800_000n]);
});
