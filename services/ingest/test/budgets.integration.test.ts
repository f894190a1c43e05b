import type { AttemptRow } from "@switchyard/shared/ledger";
import { formatUsd } from "@switchyard/shared/pricing";
import { watchLeaks } from "@switchyard/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type BudgetedApi, startBudgeted } from "./budget-support.ts";
import { driver, USAGE } from "./drive-job.ts";
import { ask, jobRowsIn, keysIn } from "./support.ts";

afterAll(watchLeaks());

const SUBMIT = { input: "x", model: "sim-small", max_output_tokens: 10 };
/** 31 tokens in and 10 out at most, at 0.15 and 0.60 USD per million tokens. */
const CEILING = 32n * 150_000n + 10n * 600_000n;
const COST = 4_500_000n;

let api: BudgetedApi;
let key: string;
let admin: string;
beforeAll(async () => {
  api = await startBudgeted(
    {
      team: { tenant: "acme", limit_usd: formatUsd(2n * CEILING), window: "hour", alert_at_percent: 50 },
      everybody: { limit_usd: "1", window: "month", time_zone: "Europe/Berlin" },
      tiny: { tenant: "small", limit_usd: formatUsd(CEILING - 1n) },
      shared: { tag: { name: "project", value: "apollo" }, limit_usd: formatUsd(CEILING) },
      soft: { tenant: "soft", limit_usd: formatUsd(1n), hard_stop: false },
      again: { tenant: "again", limit_usd: formatUsd(CEILING + COST) },
    },
    { tags: ["project"] },
  );
  key = await api.createKey("acme");
  admin = await api.createKey("operators", { scopes: ["jobs:read", "admin"] });
});
afterAll(() => api.stop());

const submit = (as = key, given: object = {}) =>
  ask(api.url, "POST /v1/jobs", { key: as, body: { ...SUBMIT, ...given } });
const release = async (...ids: string[]) => {
  for (const id of ids) await api.accounts.release(id);
};

describe("a submit", () => {
  test("reserves what it may cost at most, and keeps that on its row", async () => {
    const { status, body } = await submit();
    expect(status).toBe(202);
    expect(await api.standing("team")).toEqual([0n, CEILING]);
    expect(await api.standing("everybody")).toEqual([0n, CEILING]);
    expect((await api.ledger.jobs.read(body.id))?.reservedPicoUsd).toBe(CEILING);
    await release(body.id);
  });

  test("case 45: of 8 at once with room for 2, exactly 2 are accepted, and of the others nothing is stored", async () => {
    const rows = (await jobRowsIn(api)).length;
    const keys = (await keysIn(api.dynamodbUrl, api.table)).length;
    const answers = await Promise.all(Array.from({ length: 8 }, () => submit()));
    const accepted = answers.filter(({ status }) => status === 202).map(({ body }) => body.id);
    expect(accepted).toHaveLength(2);
    for (const { status, headers, body } of answers.filter((answer) => answer.status !== 202)) {
      expect([status, body.code, body.error.code]).toEqual([429, "budget_exceeded", "insufficient_quota"]);
      expect(headers.get("x-should-retry")).toBe("false");
      expect(Number(headers.get("retry-after"))).toBeGreaterThanOrEqual(5);
      expect(body.detail).toMatch(/^budget team has no room .* up to 0\.0000108 USD: jobs in progress/);
    }
    expect(await jobRowsIn(api)).toHaveLength(rows + 2);
    expect((await keysIn(api.dynamodbUrl, api.table)).length).toBe(keys + 4);
    expect(await api.standing("team")).toEqual([0n, 2n * CEILING]);
    await release(...accepted);
  });

  test("that is repeated with its key is the same job, whatever the budget says by then", async () => {
    const headers = { "idempotency-key": "again" };
    const send = () => ask(api.url, "POST /v1/jobs", { key, body: SUBMIT, headers });
    const first = await send();
    const other = await submit();
    expect((await submit()).status).toBe(429);
    expect((await send()).body.id).toBe(first.body.id);
    expect(await api.standing("team")).toEqual([0n, 2n * CEILING]);
    await release(first.body.id, other.body.id);
  });

  test("is told when there is room again, to the window's slice, once the budget is spent", async () => {
    const now = Date.now();
    await api.spend("team", "spender", 2n * CEILING);
    const { status, headers, body: told } = await submit();
    expect(told.detail).toMatch(/it is spent for now$/);
    const leavesAt = (Math.floor(now / 60_000) + 1) * 60_000 + 3_600_000;
    expect(status).toBe(429);
    const retryAtMs = Date.now() + Number(headers.get("retry-after")) * 1_000;
    // The next minute may have begun in between.
    expect(retryAtMs).toBeGreaterThanOrEqual(leavesAt - 1_000);
    expect(retryAtMs).toBeLessThanOrEqual(leavesAt + 62_000);
    await api.spend("team", "spender", 2n * CEILING - 1n);
    expect((await submit()).body.detail).toMatch(
      /spent for now, though 0\.\d+ USD are left: with a lower max_out/,
    );
    await api.spend("team", "spender", 0n);
    const { body } = await submit();
    await release(body.id);
  });

  test("that may cost more than the budget ever has is told so, and when to come again is not", async () => {
    const small = await api.createKey("small");
    const { status, headers, body } = await submit(small);
    expect([status, headers.get("retry-after")]).toEqual([429, null]);
    expect(body.detail).toContain("more than the budget ever has; lower max_output_tokens");
    const less = await submit(small, { max_output_tokens: 9 });
    expect(less.status).toBe(202);
    const capped = await submit(await api.createKey("small2"), { max_cost_usd: formatUsd(CEILING - 1n) });
    expect((await api.ledger.jobs.read(capped.body.id))?.reservedPicoUsd).toBe(CEILING - 1n);
    await release(less.body.id, capped.body.id);
  });

  test("is not told of a budget that is not its tenant's own", async () => {
    const metadata = { project: "apollo" };
    const first = await submit(await api.createKey("other"), { metadata });
    const { status, body } = await submit(await api.createKey("other2"), { metadata });
    expect(status).toBe(429);
    expect(body.detail).toMatch(/^a budget of the installation has no room/);
    expect(JSON.stringify(body)).not.toMatch(/shared|apollo/);
    await release(first.body.id);
  });

  test("is accepted whatever a soft budget says, which knows of it", async () => {
    const { status, body } = await submit(await api.createKey("soft"));
    expect(status).toBe(202);
    expect(await api.standing("soft")).toEqual([0n, CEILING]);
    await release(body.id);
  });
});

test("each item of a batch is reserved for on its own, and told when to come again", async () => {
  const { body } = await ask(api.url, "POST /v1/jobs/batch", { key, body: [SUBMIT, SUBMIT, SUBMIT] });
  expect(body).toMatchObject({ accepted: 2, rejected: 1 });
  const [refused] = body.items.filter((item: { status: number }) => item.status === 429);
  expect(refused.error).toMatchObject({ code: "budget_exceeded", retry_after_seconds: expect.any(Number) });
  await release(...body.items.map((item: { id?: string }) => item.id ?? ""));
});

test("a replay is charged first what the generation before it cost, whoever died before charging it", async () => {
  const again = await api.createKey("again");
  const { id } = (await submit(again)).body;
  const { attempts: n } = await driver(api).start(id);
  const attempt = (await api.ledger.attempts.read(id, n)) as AttemptRow;
  await api.ledger.attempts.settle(attempt, { usage: USAGE, costPicoUsd: COST, providerRequestId: "r" });
  await driver(api).fail(id);
  expect(await api.standing("again")).toEqual([0n, CEILING]);
  const replay = () => ask(api.url, `POST /v1/jobs/${id}/replay`, { key: again });
  expect((await replay()).body).toMatchObject({ generation: 2 });
  expect(await api.standing("again")).toEqual([COST, CEILING]);
  await driver(api).fail(id);
  const bounded = await ask(api.url, `POST /v1/jobs/${id}/replay`, {
    key: again,
    body: { model: "sim-large" },
  });
  expect([bounded.status, bounded.body.code]).toEqual([429, "budget_exceeded"]);
  expect(await api.standing("again")).toEqual([COST, 0n]);
});

test("refusals are counted by budget, never by tenant", async () => {
  const { text } = await ask(`http://127.0.0.1:${api.opsPort}`, "GET /metrics");
  expect(text).toMatch(
    /switchyard_budget_refusals_total\{budget="team",where="ingest",reason="reserved".*\} \d/,
  );
});

describe("GET /v1/budgets", () => {
  const list = async (as: string) => (await ask(api.url, "GET /v1/budgets", { key: as })).body;

  test("shows an admin every budget, exactly", async () => {
    const { body } = await submit();
    await api.spend("team", "earlier", CEILING);
    const found = await list(admin);
    expect(found.object).toBe("list");
    expect(found.data.map(({ id }: { id: string }) => id)).toEqual([
      "team",
      "everybody",
      "tiny",
      "shared",
      "soft",
      "again",
    ]);
    expect(found.data[0]).toEqual({
      ...{ id: "team", object: "budget", tenant: "acme", key: null, tag: null },
      window: {
        length: "hour",
        kind: "rolling",
        time_zone: null,
        starts_at: expect.any(String),
        resets_at: null,
      },
      ...{ limit_usd: "0.0000216", spent_usd: "0.0000108", reserved_usd: "0.0000108", left_usd: "0" },
      ...{ alert_at_usd: "0.0000108", is_alerting: true, hard_stop: true, source: "file", state: "ready" },
    });
    const { window } = found.data[1];
    expect(window).toMatchObject({ length: "month", kind: "calendar", time_zone: "Europe/Berlin" });
    expect(Date.parse(window.resets_at)).toBeGreaterThan(Date.now());
    await api.spend("team", "earlier", 0n);
    await release(body.id);
  });

  test("shows everybody else those of its tenant alone", async () => {
    expect((await list(key)).data).toMatchObject([{ id: "team" }]);
    expect((await list(await api.createKey("stranger"))).data).toEqual([]);
  });
});

test("a job is accepted while nobody knows what was spent, and nothing is reserved for it", async () => {
  const unbuilt = await startBudgeted({ all: { limit_usd: formatUsd(1n) } }, { isUnbuilt: true });
  const key = await unbuilt.createKey("acme", { scopes: ["jobs:read", "jobs:write", "admin"] });
  const { status, body } = await ask(unbuilt.url, "POST /v1/jobs", { key, body: SUBMIT });
  expect(status).toBe(202);
  expect(await unbuilt.ledger.jobs.read(body.id)).not.toHaveProperty("reservedPicoUsd");
  expect((await ask(unbuilt.url, "GET /v1/budgets", { key })).body.data).toMatchObject([
    { id: "all", spent_usd: null, reserved_usd: null, left_usd: null, is_alerting: false, state: "building" },
  ]);
  await unbuilt.build("all");
  expect((await ask(unbuilt.url, "POST /v1/jobs", { key, body: SUBMIT })).status).toBe(429);
  await unbuilt.stop();
});
