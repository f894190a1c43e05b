import { waitFor, watchLeaks } from "@switchyard/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type System, send, startSystem } from "./api/system.ts";
import { switchyardOn } from "./cli-support.ts";

afterAll(watchLeaks());

let system: System;
let admin: Record<string, string>;
beforeAll(async () => {
  system = await startSystem({ latencyScale: 0 });
  const wish = ["--direct", "--tenant", "operators", "--scopes", "jobs:read,admin"];
  const made = await switchyardOn(system, ["keys", "create", ...wish]);
  admin = { SWITCHYARD_API_KEY: made.out.trim() };
});
afterAll(() => system.stop());

const budget = (args: string, environment = admin) =>
  switchyardOn(system, ["budget", ...args.split(" ")], environment);
const cellsOf = (out: string, row = 1) => out.split("\n")[row]?.trim().split(/ {2,}/);

test("a budget is set, fills with what a job cost, and is deleted", async () => {
  const set = await budget("set acme-day --tenant acme --limit 20 --window day --time-zone Europe/Berlin");
  expect([set.code, cellsOf(set.out)?.slice(0, 4)]).toEqual([
    0,
    ["acme-day", "acme", "day, Europe/Berlin", "20"],
  ]);
  const isReady = async () => !(await budget("list")).out.includes("building");
  await waitFor(isReady, { timeoutMs: 60_000 });
  const headers = { prefer: "wait=30" };
  const { body: job } = await send<{ cost: { total_usd: string } }>(system, "POST /v1/jobs", {
    ...{ body: { input: "What is the capital of Peru?" }, headers },
  });
  const spent = job.cost.total_usd;
  await waitFor(async () => cellsOf((await budget("list")).out)?.[4] === spent, { timeoutMs: 60_000 });
  const seen = await switchyardOn(system, ["budget", "list", "--json"]);
  expect(JSON.parse(seen.out)).toMatchObject({
    object: "list",
    data: [{ id: "acme-day", spent_usd: spent, reserved_usd: "0", hard_stop: true }],
  });
  expect(await budget("delete acme-day")).toEqual({ code: 0, out: "budget acme-day is deleted\n", told: "" });
  expect(await budget("list")).toMatchObject({ code: 0, out: "no budgets\n" });
});

test("a soft budget with an alert says so", async () => {
  await budget("set trial --limit 0.50 --window hour --soft --alert-at 80");
  const { out } = await switchyardOn(system, ["budget", "list", "--json"], admin);
  expect(JSON.parse(out).data).toMatchObject([
    { id: "trial", tenant: null, alert_at_usd: "0.4", hard_stop: false },
  ]);
  expect((await budget("list")).out).toMatch(/^trial +all jobs +hour +0\.5 .*soft/m);
});

test.each([
  ["set x --limit 2000000 --window day --time-zone Berlin", 1, /limit_usd: .*time_zone: .*400/],
  ["set x --limit 1 --window year", 2, /Allowed choices are hour, day, week, month/],
  ["set x --limit 1 --window day --tag team", 2, /--tag must be a name and a value/],
  ["set x --limit 1 --window day --alert-at most", 2, /--alert-at must be a whole number/],
  ["set x --limit 1 --window day --key sk-sy-k1-0123456789abcdef", 2, /give its id, k1, and never a whole/],
  ["delete nobody", 1, /404 not_found/],
])("%s ends with %i and one line that says why", async (args, code, words) => {
  expect(await budget(args)).toMatchObject({ code, out: "", told: expect.stringMatching(words) });
});

test("without scope admin budgets are seen, and not set", async () => {
  const key = { SWITCHYARD_API_KEY: await system.keyOf("acme") };
  expect(await budget("list", key)).toMatchObject({ code: 0, out: "no budgets\n" });
  expect(await budget("set x --limit 1 --window day", key)).toMatchObject({
    ...{ code: 1, out: "" },
    told: expect.stringMatching(/403/),
  });
});
