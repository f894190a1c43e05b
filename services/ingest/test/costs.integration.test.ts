import { watchLeaks } from "@switchyard/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { driver } from "./drive-job.ts";
import { type Api, ask, startApi } from "./support.ts";

afterAll(watchLeaks());

let api: Api;
let key: string;
let second: string;
beforeAll(async () => {
  api = await startApi();
  key = await api.createKey("acme", { keyId: "kone" });
  second = await api.createKey("acme", { keyId: "ktwo" });
  for (const by of [key, key, second]) await answered(by);
});
afterAll(() => api.stop());

async function answered(by: string): Promise<string> {
  const { body } = await ask(api.url, "POST /v1/jobs", { key: by, body: { input: "x" } });
  await driver(api).succeed(body.id, "an answer");
  return body.id;
}

const costs = (query = "", { by = key, accept }: { by?: string; accept?: string } = {}) =>
  ask(api.url, `GET /v1/costs${query}`, { key: by, headers: accept === undefined ? {} : { accept } });

/** Each job took 10 + 5 tokens. */
const ONE = {
  jobs: 1,
  spend_usd: "0.0000045",
  baseline_usd: "0.000045",
  net_saved_usd: "0.0000405",
  classifier_usd: "0",
  retry_usd: "0",
  unpriced_jobs: 0,
  at_risk_usd: "0",
};
const THREE = {
  ...{ ...ONE, jobs: 3, spend_usd: "0.0000135" },
  ...{ baseline_usd: "0.000135", net_saved_usd: "0.0001215" },
};

test("what jobs cost and saved is answered by day, unless asked otherwise", async () => {
  const { status, body, headers } = await costs();
  expect([status, headers.get("cache-control")]).toEqual([200, "private, no-cache"]);
  expect(body).toEqual({
    object: "list",
    data: [{ day: expect.stringMatching(/^\d{4}-\d\d-\d\d$/), ...THREE }],
  });
});

test("the groups asked for come first, in the order asked", async () => {
  const { body } = await costs("?group_by=key,model,provider,class");
  const same = { model: "sim-small", provider: "simulated", class: "SIMPLE" };
  expect(body.data).toEqual([
    {
      ...{ key: "kone", ...same, ...ONE, jobs: 2, spend_usd: "0.000009" },
      ...{ baseline_usd: "0.00009", net_saved_usd: "0.000081" },
    },
    { key: "ktwo", ...same, ...ONE },
  ]);
  expect(Object.keys(body.data[0]).slice(0, 5)).toEqual(["key", "model", "provider", "class", "jobs"]);
});

test("only the hours asked for are in it", async () => {
  const now = Date.now();
  const at = (ms: number) => encodeURIComponent(new Date(now + ms).toISOString());
  const hour = 3_600_000;
  const data = async (query: string) => (await costs(query)).body.data;
  // The jobs may have ended in the hour before this one.
  expect(await data(`?from=${at(-hour)}&to=${at(0)}`)).toMatchObject([{ jobs: 3 }]);
  expect(await data(`?group_by=hour&from=${at(-hour)}`)).toMatchObject([{ jobs: 3 }]);
  expect(await data(`?from=${at(-9 * hour)}&to=${at(-2 * hour)}`)).toEqual([]);
  expect(await data(`?from=${at(hour)}&to=${at(2 * hour)}`)).toEqual([]);
  expect(await data("?from=2020-01-01&to=2020-03-31")).toEqual([]);
});

test("a CSV is answered to who accepts that", async () => {
  const { headers, text } = await costs("?group_by=model", { accept: "text/csv" });
  expect(headers.get("content-type")).toBe("text/csv; charset=utf-8");
  expect(headers.get("vary")).toBe("Accept");
  expect(text.split("\r\n")[1]).toBe("sim-small,3,0.0000135,0.000135,0.0001215,0,0,0,0");
  for (const accept of ["*/*", "application/json", "image/png"]) {
    expect((await costs("", { accept })).body.object).toBe("list");
  }
});

test("another tenant sees nothing of it, whatever it asks", async () => {
  const by = await api.createKey("other");
  for (const query of ["", "?group_by=key", "?group_by=hour,day,model,provider,class,key"]) {
    expect((await costs(query, { by })).body).toEqual({ object: "list", data: [] });
  }
});

test("an admin sees all tenants, or the one that it names; nobody else sees another", async () => {
  const neighbour = await api.createKey("neighbour");
  await answered(neighbour);
  const by = await api.createKey("operators", { scopes: ["jobs:read", "admin"] });
  const all = (await costs("?group_by=tenant", { by })).body.data;
  expect(all).toEqual([
    { tenant: "acme", ...THREE },
    { tenant: "neighbour", ...ONE },
  ]);
  expect((await costs("?group_by=model", { by })).body.data).toMatchObject([{ jobs: 4 }]);
  expect((await costs("?group_by=tenant&tenant=neighbour", { by })).body.data).toEqual([all[1]]);
  expect((await costs("?tenant=nobody", { by })).body.data).toEqual([]);
  expect((await costs("?group_by=tenant&tenant=acme")).body.data).toEqual([all[0]]);
  for (const tenant of ["neighbour", "nobody", "operators"]) {
    const refused = await costs(`?tenant=${tenant}`);
    expect([refused.status, refused.body.code]).toEqual([403, "forbidden"]);
    expect(refused.body.detail).toContain("scope admin");
  }
});

test("being an admin alone does not open a route", async () => {
  const by = await api.createKey("operators", { scopes: ["admin"] });
  expect((await costs("", { by })).status).toBe(403);
});

test.each([
  ["?group_by=", "group_by.0"],
  ["?group_by=day,colour", "group_by.1"],
  ["?group_by=day,day", "group_by"],
  ["?group_by=day&group_by=model", "group_by"],
  ["?group_by=tag", "group_by.0"],
  ["?group_by=__proto__", "group_by.0"],
  ["?group_by=constructor", "group_by.0"],
  ["?group_by=day%2C%20model", "group_by.1"],
  [`?group_by=${"day,".repeat(100)}`, "group_by"],
  ["?from=yesterday", "from"],
  ["?from=2026-02-30", "from"],
  ["?from=2026-01-31T12:00:00", "from"],
  ["?from=1769860800000", "from"],
  ["?to=", "to"],
  ["?to=2026-1-1", "to"],
  ["?from=2026-01-02&to=2026-01-01", "from"],
  ["?from=2026-01-01T01:00:00Z&to=2026-01-01T00:59:59Z", "from"],
  ["?from=2025-10-01&to=2026-01-01", "from"],
  ["?from=0001-01-01", "from"],
  ["?to=9999-12-31&from=2026-01-01", "from"],
  ["?tenant=", "tenant"],
  ["?tenant=a%23b", "tenant"],
  ["?tenant=other&tenant=acme", "tenant"],
  ["?limit=1", "limit"],
])("%s is refused by name", async (query, path) => {
  const { status, body } = await costs(query);
  expect([status, body.code]).toEqual([400, "validation_failed"]);
  expect(body.errors.map((problem: { path: string }) => problem.path)).toContain(path);
});

test.each([
  "?from=2025-10-02&to=2026-01-01",
  "?from=9999-12-31&to=9999-12-31",
  "?to=0000-01-01",
  "?to=1970-01-01",
])("%s is answered", async (query) => {
  expect((await costs(query)).body).toEqual({ object: "list", data: [] });
});
