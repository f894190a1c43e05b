import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { watchLeaks } from "@switchyard/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { costLineReader } from "../src/cost-lines.ts";
import { driver } from "./drive-job.ts";
import { type Api, ask, startApi } from "./support.ts";

afterAll(watchLeaks());

const SHIPPED = readFileSync(new URL("../../../switchyard.yaml", import.meta.url), "utf8");
const folder = mkdtempSync(join(tmpdir(), "switchyard-tags-"));
afterAll(() => rmSync(folder, { recursive: true }));

const JOBS: Record<string, string>[] = [
  { team: "growth", project: "a,b" },
  { team: "growth", user: "u1" },
  { team: "T#other#2026-01-31#0", tenant: "other" },
  {},
];

let api: Api;
let key: string;
beforeAll(async () => {
  const file = join(folder, "switchyard.yaml");
  writeFileSync(file, `${SHIPPED}\ntags: [team, project, tenant]\n`);
  api = await startApi({ SWITCHYARD_CONFIG: file });
  key = await api.createKey("acme");
  for (const metadata of JOBS) await answered(metadata);
});
afterAll(() => api.stop());

async function answered(metadata: Record<string, string>): Promise<string> {
  const { body } = await ask(api.url, "POST /v1/jobs", { key, body: { input: "x", metadata } });
  await driver(api).succeed(body.id, "an answer");
  return body.id;
}

const costs = (query: string, { by = key, accept }: { by?: string; accept?: string } = {}) =>
  ask(api.url, `GET /v1/costs?group_by=${query}`, {
    key: by,
    headers: accept === undefined ? {} : { accept },
  });

test("what takes more sums than one answer may hold is a 400, before all of them are read", async () => {
  const day = new Date().toISOString().slice(0, 10);
  const days = [new Date(Date.now() - 3_600_000).toISOString().slice(0, 10), day];
  const hours = { first: `${days[0]}T00`, last: `${day}T23` };
  const search = { tenant: "acme", days: [...new Set(days)], hours, by: "day" } as const;
  expect(await costLineReader()(api.ledger, search)).not.toEqual([]);
  await expect(costLineReader({ maxLines: 1 })(api.ledger, search)).rejects.toMatchObject({
    code: "REQUEST_INVALID",
    problems: [{ path: "from", code: "too_big" }],
  });
});

test("costs are grouped by each tag, jobs without it apart, and the rows add up to the whole", async () => {
  const { body } = await costs("tag:team,model");
  expect(body.data).toMatchObject([
    { "tag:team": "", model: "sim-small", jobs: 1, spend_usd: "0.0000045" },
    { "tag:team": "T#other#2026-01-31#0", jobs: 1 },
    { "tag:team": "growth", jobs: 2, spend_usd: "0.000009", net_saved_usd: "0.000081" },
  ]);
  expect((await costs("tag:project,tag:team")).body.data).toMatchObject([
    { "tag:project": "", "tag:team": "" },
    { "tag:project": "", "tag:team": "T#other#2026-01-31#0" },
    { "tag:project": "", "tag:team": "growth", jobs: 1 },
    { "tag:project": "a,b", "tag:team": "growth", jobs: 1 },
  ]);
  expect((await costs("day")).body.data).toMatchObject([{ jobs: 4, spend_usd: "0.000018" }]);
});

test("a CSV names the tag as it was asked for", async () => {
  const { text } = await costs("tag:project", { accept: "text/csv" });
  const [names, none, first] = text.split("\r\n");
  expect(names).toMatch(/^tag:project,jobs,spend_usd,/);
  expect(none).toMatch(/^,3,/);
  expect(first).toMatch(/^"a,b",1,0\.0000045,/);
});

test.each([
  ["tag:taem", 'unknown group "tag:taem" (did you mean tag:team?)'],
  [
    "tag:user",
    "known are hour, day, model, provider, class, key, tenant, tag:team, tag:project, tag:tenant; list it under tags in switchyard.yaml, and restart",
  ],
  ["tag:", "unknown group"],
  ["tag:constructor", "unknown group"],
  ["Tag:team", "did you mean tag:team?"],
  ["tag:team,tag:team", "names a group twice"],
])("group_by=%s is refused, with what there is", async (query, detail) => {
  const { status, body } = await costs(query);
  expect([status, body.code]).toEqual([400, "validation_failed"]);
  expect(body.errors[0].detail).toContain(detail);
});

test("case 44: a tag never moves spend off the tenant of the key, whatever it says", async () => {
  const other = await api.createKey("other");
  expect((await costs("tag:team,tag:tenant", { by: other })).body.data).toEqual([]);
  const admin = await api.createKey("operators", { scopes: ["jobs:read", "admin"] });
  const { body } = await costs("tenant,tag:tenant", { by: admin });
  expect(body.data).toMatchObject([
    { tenant: "acme", "tag:tenant": "", jobs: 3 },
    { tenant: "acme", "tag:tenant": "other", jobs: 1 },
  ]);
});

test("metadata keeps its values as they were sent, however long; the tag is shortened", async () => {
  const project = "p".repeat(512);
  const id = await answered({ project });
  expect((await ask(api.url, `GET /v1/jobs/${id}`, { key })).body.metadata).toEqual({ project });
  const { body } = await costs("tag:project");
  expect(body.data.at(-1)["tag:project"]).toMatch(/^p{111}~[0-9a-f]{16}$/);
});
