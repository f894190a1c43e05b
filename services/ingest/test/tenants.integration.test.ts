import { readFileSync } from "node:fs";
import { SCOPES } from "@switchyard/shared/ledger";
import { watchLeaks } from "@switchyard/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { driver } from "./drive-job.ts";
import { nameOf, ROUTES } from "./routes.ts";
import { type Answer, type Api, type Ask, ask, keysIn, startApi } from "./support.ts";

afterAll(watchLeaks());

const UNKNOWN = "job_00000000000000000000000000";

/**
 * What two tenants can see of each other over every route. A route names a job (then a foreign job must be
 * exactly as absent as an unknown one), or it does not (then its answer must not depend on the other tenant).
 */
const CASES: Readonly<Record<string, { body?: unknown; status?: number }>> = {
  "POST /v1/jobs": { body: { input: "x" }, status: 202 },
  "GET /v1/jobs/:id": {},
  "POST /v1/jobs/:id/cancel": {},
  "GET /v1/jobs": { status: 200 },
  "GET /v1/jobs/:id/receipt": {},
  "POST /v1/jobs/batch": { body: [{ input: "x" }], status: 202 },
  // The caller's own job is queued, which cannot be replayed; one that can is tested apart.
  "POST /v1/jobs/:id/replay": { body: { max_cost_usd: "1" }, status: 409 },
  "POST /v1/jobs/:id/discard": { body: { reason: "x" }, status: 409 },
  "POST /v1/jobs/:id/feedback": { body: { score: 1 }, status: 409 },
  "POST /v1/jobs/replay": { body: { dry_run: true }, status: 200 },
  // Without a classifier a dry run is a 503 for everyone; with one it is tested end to end.
  "POST /v1/route/explain": { body: { input: "x" }, status: 503 },
  "GET /v1/costs": { status: 200 },
  "GET /v1/savings": { status: 200 },
  "GET /v1/models": { status: 200 },
  "GET /v1/budgets": { status: 200 },
  "PUT /v1/budgets/:budget": { body: { window: "day", limit_usd: "1" }, status: 400 },
  "DELETE /v1/budgets/:budget": { status: 404 },
  "POST /v1/keys": { body: { tenant: "tenant-b" }, status: 201 },
  "GET /v1/keys": { status: 200 },
  "DELETE /v1/keys/:key": { status: 404 },
};

const NAMES = ROUTES.map(nameOf);
const OF_A_JOB = NAMES.filter((name) => name.includes(":id"));

let api: Api;
let keyA: string;
let keyB: string;
let jobOfB: string;
beforeAll(async () => {
  api = await startApi({ CLASSIFIER_URL: "http://127.0.0.1:9" });
  keyA = await api.createKey("tenant-a");
  keyB = await api.createKey("tenant-b");
  jobOfB = (await ask(api.url, "POST /v1/jobs", { key: keyB, body: { input: "b's secret" } })).body.id;
});
afterAll(() => api.stop());

function askRoute(name: string, id: string, given: Ask): Promise<Answer> {
  const body = CASES[name]?.body;
  return ask(api.url, name.replace(":id", id), { ...(body === undefined ? {} : { body }), ...given });
}

/** Everything of an answer that a caller can see, but for what names this one request. */
function visible({ status, headers, text }: Answer) {
  const kept = [...headers].filter(([name]) => name !== "date" && name !== "x-request-id");
  return { status, headers: Object.fromEntries(kept), text };
}

/** As `visible`, but for the request's id in the body. */
function visibleButId(answer: Answer) {
  const shown = visible({ ...answer, text: answer.text.replaceAll(/req_[\w-]{16}/g, "req") });
  return shown;
}

test("every route has a declared case, and every case a route", () => {
  expect(NAMES.toSorted()).toEqual(Object.keys(CASES).toSorted());
});

test("every route declares a scope that keys can have", () => {
  for (const route of ROUTES) expect(["jobs:read", "jobs:write", "admin"]).toContain(route.scope);
});

test("what is not of one tenant is changed with the scope admin alone", () => {
  for (const route of ROUTES) {
    const isOfJobs = route.path.startsWith("/v1/jobs") || route.method === "get";
    if (!isOfJobs && nameOf(route) !== "POST /v1/route/explain") expect(route.scope).toBe("admin");
  }
});

test("every route that changes something needs more than reading", () => {
  const dry = ["POST /v1/route/explain"];
  for (const route of ROUTES) {
    if (route.method !== "get" && !dry.includes(nameOf(route))) expect(route.scope).not.toBe("jobs:read");
  }
});

describe.each(OF_A_JOB)("%s", (name) => {
  test.each([
    {},
    { prefer: "wait=30" },
    { "if-none-match": '"1"' },
    { prefer: "wait=30", "if-none-match": '"1"' },
  ])("a foreign job is to the byte what an unknown one is (%o)", async (headers) => {
    const foreign = await askRoute(name, jobOfB, { key: keyA, headers });
    const unknown = await askRoute(name, UNKNOWN, { key: keyA, headers });
    expect(foreign.status).toBe(404);
    expect(visible(foreign)).toEqual(visible(unknown));
    expect(foreign.body.code).toBe("not_found");
  });

  test("an id that cannot exist is the same again", async () => {
    const unknown = await askRoute(name, UNKNOWN, { key: keyA });
    for (const id of ["1", "job_", `${jobOfB}x`, jobOfB.toUpperCase(), `${jobOfB}%00`, "..%2f..", "a:b:c"]) {
      expect(visible(await askRoute(name, id, { key: keyA }))).toEqual(visible(unknown));
    }
  });

  test("its owner reaches it, and the other tenant's tries have not moved it", async () => {
    const row = await api.ledger.jobs.read(jobOfB);
    expect(row).toMatchObject({ tenant: "tenant-b", version: 1, status: "queued" });
    expect((await ask(api.url, `GET /v1/jobs/${jobOfB}`, { key: keyB })).status).toBe(200);
  });
});

describe.each(NAMES)("%s", (name) => {
  test("refuses every caller it does not know, and all of them alike", async () => {
    const before = await keysIn(api.dynamodbUrl, api.table);
    const now = Date.now();
    const expired = await api.createKey("tenant-b", { keyId: uniqueId("exp"), notAfter: now - 1 });
    const revoked = await api.createKey("tenant-b", { keyId: uniqueId("rev"), revokedAt: now - 1 });
    const [, , keyId] = keyB.split("-");
    const wrongSecret = `sk-sy-${keyId}-${"x".repeat(24)}`;
    const headers: (Record<string, string> | undefined)[] = [
      undefined,
      { authorization: "" },
      { authorization: "Bearer" },
      { authorization: `Basic ${keyB}` },
      { authorization: keyB },
      { authorization: `Bearer ${keyB} ${keyB}` },
      { authorization: `Bearer ${keyB}x` },
      { authorization: `Bearer ${keyB.toUpperCase()}` },
      { authorization: `Bearer sk-sy-unknown-${"x".repeat(24)}` },
      { authorization: `Bearer ${wrongSecret}` },
      { authorization: `Bearer ${expired}` },
      { authorization: `Bearer ${revoked}` },
      { authorization: `Bearer ' OR 1=1 --` },
      { authorization: `Bearer ${"k".repeat(8_000)}` },
      { "x-api-key": keyB },
    ];
    const answers = await Promise.all(
      headers.map((given) => askRoute(name, jobOfB, given === undefined ? {} : { headers: given })),
    );
    const [first] = answers;
    expect(first?.status).toBe(401);
    expect(first?.body.code).toBe("unauthenticated");
    for (const answer of answers) {
      expect(visibleButId(answer)).toEqual(visibleButId(first as Answer));
    }
    const ids = [expired, revoked].map((key) => key.split("-")[2]);
    const created = ids.flatMap((id) => [`K#${id} key`, `KT#tenant-b ${id}`]);
    expect(await keysIn(api.dynamodbUrl, api.table)).toEqual([...before, ...created].sort());
  });

  test("refuses a key without its scope, before anything else is looked at", async () => {
    const { scope } = ROUTES.find((route) => nameOf(route) === name) ?? {};
    const scopes = SCOPES.filter((one) => one !== scope);
    const lacking = await api.createKey("tenant-b", { scopes });
    for (const id of [jobOfB, UNKNOWN, "no-id"]) {
      const answer = await askRoute(name, id, { key: lacking, headers: { "content-type": "text/plain" } });
      expect([answer.status, answer.body.code]).toEqual([403, "forbidden"]);
      expect(answer.body.detail).toContain(scope);
    }
    expect((await askRoute(name, jobOfB, { key: await api.createKey("x", { scopes: [] }) })).status).toBe(
      403,
    );
  });

  test("serves a key that has its scope", async () => {
    const status = CASES[name]?.status ?? (name.startsWith("GET") ? 200 : 202);
    const own = (await ask(api.url, "POST /v1/jobs", { key: keyA, body: { input: "x" } })).body.id;
    const isAdmin = ROUTES.find((route) => nameOf(route) === name)?.scope === "admin";
    const key = isAdmin ? await api.createKey("tenant-a", { scopes: ["admin"] }) : keyA;
    expect((await askRoute(name, own, { key })).status).toBe(status);
  });
});

test("a list never shows a job of another tenant, however it is asked for", async () => {
  const queries = ["", "?limit=100", "?order=asc&limit=100", "?status=queued", "?from=2020-01-01T00:00:00Z"];
  for (const query of queries) {
    const { text } = await ask(api.url, `GET /v1/jobs${query}`, { key: keyA });
    expect(text).not.toContain(jobOfB);
  }
  expect((await ask(api.url, "GET /v1/jobs", { key: keyB })).text).toContain(jobOfB);
  const refused = await ask(api.url, "GET /v1/jobs?tenant=tenant-b", { key: keyA });
  expect([refused.status, refused.body.code]).toEqual([400, "validation_failed"]);
});

test("a replay by filter never touches a job of another tenant, dry or not", async () => {
  const { body } = await ask(api.url, "POST /v1/jobs", { key: keyB, body: { input: "b's failure" } });
  const failed = await driver(api).fail(body.id);
  for (const filter of [{}, { dry_run: false }, { status: "failed", dry_run: false, limit: 1_000 }]) {
    const { status, text } = await ask(api.url, "POST /v1/jobs/replay", { key: keyA, body: filter });
    expect(status).toBeLessThan(300);
    expect(JSON.parse(text)).toMatchObject({ count: 0, has_more: false });
    expect(text).not.toContain(body.id);
  }
  for (const name of ["replay", "discard", "feedback"]) {
    const answer = await askRoute(`POST /v1/jobs/:id/${name}`, body.id, { key: keyA });
    expect([answer.status, answer.body.code]).toEqual([404, "not_found"]);
  }
  const cursor = { after: body.id, dry_run: false };
  expect((await ask(api.url, "POST /v1/jobs/replay", { key: keyA, body: cursor })).body.code).toBe(
    "invalid_cursor",
  );
  expect(await api.ledger.jobs.read(body.id)).toEqual(failed);
});

test("no tenant can be named by a body", async () => {
  const answer = await ask(api.url, "POST /v1/jobs", { key: keyA, body: { input: "x", tenant: "tenant-b" } });
  expect([answer.status, answer.body.errors]).toEqual([
    400,
    [{ path: "tenant", code: "unrecognized_keys", detail: "is not a known field" }],
  ]);
});

test("two keys of one tenant see the same jobs", async () => {
  const second = await api.createKey("tenant-b");
  expect((await ask(api.url, `GET /v1/jobs/${jobOfB}`, { key: second })).status).toBe(200);
});

test("a key that is revoked while in use is refused within its cache's 5 seconds", async () => {
  const key = await api.createKey("tenant-a", { keyId: uniqueId("use") });
  expect((await ask(api.url, "GET /v1/models", { key })).status).toBe(200);
  await api.ledger.accessKeys.revoke(key.split("-")[2] ?? "", Date.now());
  const status = async () => (await ask(api.url, "GET /v1/models", { key })).status;
  await expect.poll(status, { timeout: 6_000, interval: 200 }).toBe(401);
});

test("the operations port shows no tenant, no job and no API, and the API no metrics", async () => {
  const metrics = await ask(`http://127.0.0.1:${api.opsPort}`, "GET /metrics");
  expect(metrics.status).toBe(200);
  expect(metrics.text).not.toMatch(/tenant-[ab]|job_[0-9a-z]{26}/);
  expect((await ask(`http://127.0.0.1:${api.opsPort}`, "GET /v1/models", { key: keyA })).status).toBe(404);
  for (const path of ["/metrics", "/healthz/live", "/healthz/ready"]) {
    expect((await ask(api.url, `GET ${path}`, { key: keyA })).status).toBe(404);
  }
});

test("keys are stored as keyed hashes: no secret is in the table", async () => {
  const row = await api.ledger.accessKeys.find(keyA.split("-")[2] ?? "");
  expect(row?.secretHash).toMatch(/^[0-9a-f]{64}$/);
  expect(JSON.stringify(row)).not.toContain(keyA.split("-").slice(3).join("-"));
});

test("the sources of the API answer on no route beside the table", () => {
  const app = readFileSync(new URL("../src/app.ts", import.meta.url), "utf8");
  expect(app.match(/app\.(get|post|put|delete|patch|all|route)\(/g)).toBeNull();
});

let count = 0;
function uniqueId(label: string): string {
  count += 1;
  return `${label}${count}`;
}
