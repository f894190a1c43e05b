import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { formatUsd, parseUsd } from "@switchyard/shared/pricing";
import { watchLeaks } from "@switchyard/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type System, send, startSystem } from "./api/system.ts";
import { switchyardOn } from "./cli-support.ts";

afterAll(watchLeaks());

const ROOT = new URL("../", import.meta.url);
const SHIPPED = readFileSync(new URL("switchyard.yaml", ROOT), "utf8");
const PRICES = readFileSync(new URL("prices.json", ROOT), "utf8");
/** More than the replay reads at once. */
const MANY = 130;

interface Job {
  id: string;
  status: string;
  model: string;
  decision: { class: string };
  cost: { total_usd: string; baseline_usd: string };
}

let system: System;
let folder: string;
let jobs: Job[];
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "switchyard-cli-"));
  system = await startSystem({ latencyScale: 0 });
  const bodies = [
    { input: "What is the capital of France?" },
    { input: "What is 12.5 % of 3,480?" },
    { input: "Design a rate limiter for a distributed API gateway, and prove its bounds." },
    { input: "What is the capital of Peru?", model: "sim-large" },
    { input: "What is the capital of Chile?", max_cost_usd: "0.0005" },
  ];
  jobs = await Promise.all(bodies.map(answered));
  const batch = Array.from({ length: MANY }, (_, index) => ({
    input: `What is the capital of place ${index}?`,
  }));
  const accepted = await send<{ items: { id: string }[] }>(system, "POST /v1/jobs/batch", { body: batch });
  const headers = { prefer: "wait=30" };
  for (const { id } of accepted.body.items)
    jobs.push((await send<Job>(system, `GET /v1/jobs/${id}`, { headers })).body);
  expect(new Set(jobs.map(({ status }) => status))).toEqual(new Set(["succeeded"]));
});
afterAll(async () => {
  await system.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function answered(body: object): Promise<Job> {
  return (await send<Job>(system, "POST /v1/jobs", { body, headers: { prefer: "wait=30" } })).body;
}

const switchyard = (args: readonly string[], environment: Record<string, string> = {}) =>
  switchyardOn(system, args, environment);

/** A changed copy of what is shipped. */
function changed(
  name: string,
  text: string,
  changes: readonly [from: string | RegExp, to: string][],
): string {
  const path = join(folder, name);
  const result = changes.reduce((all, [from, to]) => {
    const next = all.replace(from, to);
    expect(next).not.toBe(all);
    return next;
  }, text);
  writeFileSync(path, result);
  return path;
}

function sumOf(some: readonly Job[], of: "total_usd" | "baseline_usd"): bigint {
  return some.reduce((sum, { cost }) => sum + parseUsd(cost[of]), 0n);
}

describe("cost and receipt", () => {
  test("costs come as a table, as CSV and as JSON, and are those of the API", async () => {
    const { body } = await send<{ data: Record<string, string>[] }>(system, "GET /v1/costs?group_by=model");
    const json = await switchyard(["cost", "--group-by", "model", "--format", "json"]);
    expect([json.code, JSON.parse(json.out)]).toEqual([0, body]);
    const shown = { SWITCHYARD_URL: `${system.url}/v1` };
    expect(await switchyard(["cost", "--group-by", "model", "--format", "json"], shown)).toEqual(json);
    const table = (await switchyard(["cost", "--group-by", "model"])).out.split("\n");
    expect(table.slice(1, 4).map((line) => line.split(/ +/).slice(0, 3))).toEqual(
      body.data.map(({ model, jobs: count, spend_usd }) => [model, String(count), spend_usd]),
    );
    expect(table[4]?.split(/ +/).slice(0, 3)).toEqual([
      "all",
      String(jobs.length),
      formatUsd(sumOf(jobs, "total_usd")),
    ]);
    const csv = await switchyard(["cost", "--group-by", "model", "--format", "csv"]);
    expect(csv.out.split("\r\n")[0]).toMatch(/^model,jobs,spend_usd,/);
    const earlier = await switchyard(["cost", "--from", "2020-01-01", "--to", "2020-01-02"]);
    expect(earlier).toEqual({ code: 0, out: "no costs in that time\n", told: "" });
  });

  test("a receipt has its lines, their sum, and the price of each call", async () => {
    const [job] = jobs as [Job];
    const { code, out } = await switchyard(["receipt", job.id]);
    expect(code).toBe(0);
    expect(out).toMatch(/^receipt of job_\w+, succeeded, in USD\n\ncall {2}kind +model/);
    expect(out).toMatch(new RegExp(`^total_usd +${job.cost.total_usd}$`, "m"));
    expect(out).toMatch(/^ {2}call 1 {2}simulated\/sim-small of /m);
    const json = JSON.parse((await switchyard(["receipt", job.id, "--json"])).out);
    expect(json).toMatchObject({ object: "receipt", job_id: job.id, total_usd: job.cost.total_usd });
  });

  test.each([
    ["cost --group-by colour", {}, 1, /400 validation_failed\); correct it/],
    ["cost --tenant other", {}, 1, /403 forbidden\); use a key that has the scope/],
    ["receipt job_nobody", {}, 1, /404 not_found\); check the name/],
    ["cost", { SWITCHYARD_API_KEY: "sk-sy-a-b" }, 1, /401 unauthenticated\); set SWITCHYARD_API_KEY/],
    ["cost", { SWITCHYARD_API_KEY: "> npm\nsk-sy-a-b" }, 2, /SWITCHYARD_API_KEY: is not an API key/],
    ["cost", { SWITCHYARD_API_KEY: "" }, 2, /SWITCHYARD_API_KEY: is not set/],
    ["cost", { SWITCHYARD_URL: "http://127.0.0.1:9" }, 2, /127\.0\.0\.1:9 cannot be reached; start it/],
    ["cost --format xml", {}, 2, /Allowed choices are table, csv, json/],
    ["cots", {}, 2, /unknown command 'cots'/],
  ] as const)("%s with %j ends with %i, one line that says what to do, and no answer", async (...row) => {
    const [command, environment, code, words] = row;
    const ended = await switchyard(command.split(" "), environment);
    expect(ended).toMatchObject({ code, out: "", told: expect.stringMatching(words) });
    expect(ended.told).toMatch(/^switchyard: /);
    if (code === 1) expect(ended.told.trimEnd().split("\n")).toHaveLength(1);
  });
});

describe("keys, ledger and prices", () => {
  test("the first admin key is written to the table; it makes, lists and revokes others over the API", async () => {
    const args = ["--direct", "--tenant", "operators", "--scopes", "jobs:read,admin"];
    const first = await switchyard(["keys", "create", ...args], { SWITCHYARD_URL: "http://127.0.0.1:9" });
    expect(first).toMatchObject({ code: 0, told: expect.stringContaining("(jobs:read, admin)") });
    const own = { SWITCHYARD_API_KEY: first.out.trim() };
    const seen = await switchyard(["cost", "--group-by", "tenant", "--tenant", "acme"], own);
    expect(seen).toMatchObject({ code: 0, out: expect.stringContaining("acme") });

    const wish = "--tenant shop --scopes jobs:read --expires 2099-01-01 --max-class SIMPLE".split(" ");
    const made = await switchyard(["keys", "create", ...wish], own);
    expect(made).toMatchObject({ code: 0, out: expect.stringMatching(/^sk-sy-\w+-\S+\n$/) });
    expect(made.told).toMatch(/^Key \w+ of shop \(jobs:read\) is valid until 2099-01-01T00:00:00\.000Z\./);
    const [, id = ""] = /^sk-sy-(\w+)-/.exec(made.out) ?? [];
    const line = async () => (await switchyard(["keys", "list", "--tenant", "shop"], own)).out.split("\n")[1];
    expect((await line())?.split(/ {2,}/)).toEqual([
      id,
      "jobs:read",
      "..SIMPLE",
      expect.any(String),
      "2099-01-01",
    ]);
    expect(await switchyard(["keys", "revoke", made.out.trim()], own)).toMatchObject({
      code: 2,
      told: expect.stringContaining(`give its id, ${id},`),
    });
    expect(await switchyard(["keys", "revoke", id], own)).toMatchObject({ code: 0 });
    expect(await line()).toMatch(/revoked \d{4}-\d\d-\d\d$/);

    expect(await switchyard(["keys", "revoke", "nobody"], own)).toMatchObject({ code: 1, out: "" });
    expect(await switchyard(["keys", "list"])).toMatchObject({
      code: 1,
      out: "",
      told: expect.stringMatching(/403/),
    });
    expect(await switchyard(["keys", "revoke", "--direct", first.out.split("-")[2] ?? ""])).toMatchObject({
      code: 0,
    });
  });

  test("the ledger is verified, and prices are looked at, by their own programs", async () => {
    const verified = await switchyard(["ledger", "verify", "--tenant", "acme"]);
    expect(verified).toMatchObject({ code: 0, out: expect.stringMatching(/^\d+ calls.* 0 differences\n$/) });
    expect(await switchyard(["ledger", "--help"])).toMatchObject({
      code: 0,
      out: expect.stringMatching(/verify/),
    });
    expect(await switchyard(["ledger", "verify", "--from", "May"])).toMatchObject({ code: 2, out: "" });
    const nobody = { DYNAMODB_ENDPOINT: "http://127.0.0.1:9" };
    expect((await switchyard(["ledger", "verify"], nobody)).told).toMatch(
      /the table cannot be reached; check/,
    );
    const away = { DYNAMODB_TABLE: "nowhere" };
    expect(await switchyard(["config", "check", "--replay-since", "1h"], away)).toMatchObject({
      ...{ code: 2, told: expect.stringMatching(/^switchyard: .*; check DYNAMODB_ENDPOINT/) },
    });
    expect(await switchyard(["prices", "import", "/nowhere.json"])).toMatchObject({
      code: 1,
      told: expect.stringContaining("cannot read /nowhere.json"),
    });
  });

  test("the command of the workspace is this program", async () => {
    const command = new URL("../node_modules/.bin/switchyard", import.meta.url);
    const { stdout } = await promisify(execFile)(command.pathname, ["config", "check"]);
    expect(stdout).toContain("both files are sound");
  });
});

describe("config check", () => {
  const replay = (...args: string[]) => switchyard(["config", "check", ...args, "--replay-since", "24h"]);
  const totals = /^(\d+) jobs in all: (\S+) USD then, (\S+) now: (\S+) .*\nwith the baseline: (\S+)$/m;

  test("every problem of both files is told at once", async () => {
    const file = changed("wrong.yaml", SHIPPED, [
      ["kind: bedrock", "kind: bedrok"],
      ["version: 1", "version: 1\ncolour: red"],
    ]);
    const prices = changed("wrong.json", PRICES, [[/"input": "[\d.]+"/, '"input": "dear"']]);
    const { code, out, told } = await switchyard(["config", "check", file, "--prices", prices]);
    expect([code, out]).toEqual([1, ""]);
    expect(told).toMatch(/^wrong\.json:\d+:\d+ .*input/m);
    expect(told).toMatch(/^wrong\.yaml:\d+:\d+ providers\.simulated-bedrock\.kind/m);
    expect(told).toMatch(/^wrong\.yaml:\d+:\d+ colour/m);
    expect(await switchyard(["config", "check", "/nowhere.yaml"])).toMatchObject({ code: 2, out: "" });
  });

  test("who takes jobs is told, and with which price", async () => {
    const file = changed("odd.yaml", SHIPPED, [
      [
        "models:\n",
        "models:\n  odd:\n    provider: openai\n    window_tokens: 9000\n    max_output_tokens: 90\n    strength: 1\n",
      ],
    ]);
    const { code, out } = await switchyard(["config", "check", file, "--assume-active", "openai"]);
    expect(code).toBe(0);
    expect(out).toMatch(/^sim-small +yes +simulated\/sim-small$/m);
    expect(out).toMatch(/^odd +no price +none$/m);
    expect(out).toMatch(/^gpt-4o-mini +yes /m);
    expect(out).toMatch(/^nova-lite +not active /m);
    expect(out).toMatch(/^not active: bedrock: BEDROCK_REGION not set$/m);
    expect(out).toMatch(/^! model odd: no price "openai\/odd" in the price book/m);
    const wrong = await switchyard(["config", "check", "--assume-active", "openia"]);
    expect(wrong).toMatchObject({ code: 2, told: expect.stringContaining("no provider openia") });
  });

  test("with the file that the jobs were routed by, nothing would have been different", async () => {
    const { code, out, told } = await replay();
    const [, count, then, now, difference, baseline] = totals.exec(out) ?? [];
    const [spent, most] = [sumOf(jobs, "total_usd"), sumOf(jobs, "baseline_usd")].map(formatUsd);
    expect([code, told]).toEqual([0, ""]);
    expect([count, then, now, difference, baseline]).toEqual([String(jobs.length), spent, spent, "0", most]);
  });

  test("another route costs what its model takes for the same tokens; a model that was named, and limits, hold", async () => {
    const file = changed("strong.yaml", SHIPPED, [["SIMPLE:\n    - sim-small\n", "SIMPLE:\n"]]);
    const { out } = await replay(file);
    const simple = jobs.filter(({ model }) => model === "sim-small");
    const limited = simple.filter(({ id }) => id === jobs[4]?.id);
    const moved = simple.filter((job) => !limited.includes(job));
    expect([limited.length, moved.length]).toEqual([1, MANY + 1]);
    const line = /^ {2}sim-small → sim-large +(\d+) +(\S+) +(\S+) +(\S+) +(\S+)$/m.exec(out)?.slice(1);
    const [then, most] = [sumOf(moved, "total_usd"), sumOf(moved, "baseline_usd")];
    expect(line).toEqual([String(moved.length), ...[then, most, most - then, most].map(formatUsd)]);
    expect(out).toMatch(/^ {2}sim-small → none +1 +\S+ +- +- +-$/m);
    expect(out).toMatch(/^! 1 SIMPLE job: no route: max_cost_exceeded$/m);
    expect(out).toMatch(/^SIMPLE\n {2}sim-large +1 +(\S+) +\1 +0 /m);
  });

  test("other prices are those of the book that is given, for the tokens of then", async () => {
    const double = JSON.parse(PRICES) as { prices: { id: string; input: string; output: string }[] };
    for (const price of double.prices.filter(({ id }) => id === "simulated/sim-math")) {
      price.input = formatUsd(2n * parseUsd(price.input));
      price.output = formatUsd(2n * parseUsd(price.output));
    }
    const prices = join(folder, "double.json");
    writeFileSync(prices, JSON.stringify(double));
    const { out } = await replay("--prices", prices);
    const [math] = jobs.filter(({ model }) => model === "sim-math") as [Job];
    const cost = parseUsd(math.cost.total_usd);
    const line = /^CALCULATION\n {2}sim-math +1 +(\S+) +(\S+) +(\S+) /m.exec(out)?.slice(1);
    expect(line).toEqual([cost, 2n * cost, cost].map(formatUsd));
  });

  test("a model that the book does not know costs nothing known, also where its cap lets jobs through", async () => {
    const prices = changed("without.json", PRICES, [["simulated/sim-large", "simulated/sim-larger"]]);
    const cap = 'unpriced:\n  policy: allow\n  cap: { input: "5", output: "5" }\n';
    const file = changed("allow.yaml", SHIPPED, [["version: 1\n", `version: 1\n${cap}`]]);
    const refused = await replay("--prices", prices);
    expect(refused.out).toMatch(/^! 1 COMPLEX job: no route: price_unknown$/m);
    const allowed = await replay(file, "--prices", prices);
    expect(allowed.out).toMatch(/^! 1 COMPLEX job: no cost with sim-large: price_unknown$/m);
  });

  test("only jobs of the time and of the tenant that are asked for are in it", async () => {
    const other = await replay("--tenant", "nobody");
    expect(other.out).toContain("no job was answered in that time");
    expect(await switchyard(["config", "check", "--replay-since", "yesterday"])).toMatchObject({ code: 2 });
    expect(await switchyard(["config", "check", "--tenant", "acme"])).toMatchObject({ code: 2, out: "" });
  });
});
