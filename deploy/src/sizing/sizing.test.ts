import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parseManifests } from "../manifests/manifest.ts";
import { isInstalled, renderChart } from "../manifests/render.ts";
import { readText } from "../manifests/repository.ts";
import { tableRows } from "./markdown-tables.ts";

const sizing = readText("docs/operate/sizing.md");
const requirements = readText("docs/operate/redis-and-dynamodb.md");
const { rows: measured } = JSON.parse(readText("bench/results/durable-path.json")) as {
  rows: { metric: string; subject: number }[];
};

/** A number in a table; a dash means that there is none. */
const numberIn = (cell: string | undefined) => (cell === "–" ? undefined : Number(cell));
const numbersIn = (row: Record<string, string>) => Object.values(row).map(numberIn);

function measuredAs(metric: string): number {
  const row = measured.find((one) => one.metric === metric);
  if (row === undefined) throw new Error(`nobody measured ${metric}`);
  return row.subject;
}

const pods = tableRows(sizing, "Jobs a second").map(numbersIn);
const ceilings = tableRows(sizing, "Requests a minute").map(numbersIn);
const drains = tableRows(sizing, "Jobs that wait").map(numbersIn);

test.each(pods)("%d jobs a second of %d s are %d calls, at %d a pod %d pods", (...row) => {
  const [rate = 0, seconds = 0, calls, perPod = 0, least, spare] = row;
  const inFlight = rate * seconds;
  expect([calls, least, spare]).toEqual([
    inFlight,
    Math.ceil(inFlight / perPod),
    Math.ceil(inFlight / (0.75 * perPod)),
  ]);
});

test.each(ceilings)("limits %s, %s, %s at %d s and %s tokens a call allow %d calls", (...row) => {
  const [requests, tokens, inFlight, seconds = 0, perCall = 0, calls, perPod = 0, most] = row;
  const allowed = [
    inFlight,
    requests && (requests / 60) * seconds,
    tokens && (tokens / 60 / perCall) * seconds,
  ].filter((limit) => limit !== undefined);
  const least = Math.max(1, Math.floor(Math.min(...allowed)));
  expect([calls, most]).toEqual([least, Math.max(1, Math.floor(least / perPod))]);
});

test("the chart takes the same most replicas for the same limits", ({ skip }) => {
  if (!isInstalled("helm")) skip("helm is not installed");
  for (const [requests, tokens, inFlight, meanSeconds, meanTokens, , concurrency, most] of ceilings) {
    const limits = { requests_per_minute: requests, tokens_per_minute: tokens, in_flight: inFlight };
    expect(chartMaxReplicas(limits, { meanSeconds, meanTokens, concurrency })).toBe(most);
  }
});

/** What the chart makes of a model with these limits, alone in its pool. */
function chartMaxReplicas(limits: object, pool: object): unknown {
  const folder = mkdtempSync(join(tmpdir(), "switchyard-sizing-"));
  try {
    const catalogue = JSON.stringify({ providers: { p: {} }, models: { m: { provider: "p", limits } } });
    const providers = { p: { existingSecret: "keys", env: { KEY: "key" } } };
    const values = { catalogue, providers, scaling: { mode: "hpa" }, invoker: { pools: { m: pool } } };
    writeFileSync(join(folder, "values.json"), JSON.stringify(values));
    const manifests = parseManifests(renderChart(join(folder, "values.json")));
    const scaler = manifests.find(
      ({ kind, metadata }) => kind === "HorizontalPodAutoscaler" && metadata.name.includes("-invoker-"),
    );
    return (scaler as unknown as { spec: { maxReplicas: number } }).spec.maxReplicas;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

test.each(drains)("%d jobs of %d s on %d pods of %d calls, at most %s, take %d s", (...row) => {
  const [jobs = 0, seconds = 0, count = 0, perPod = 0, most = Number.POSITIVE_INFINITY, taken] = row;
  expect(taken).toBe(Math.ceil((jobs * seconds) / Math.min(count * perPod, most)));
});

test("what services take per job is what was measured", () => {
  for (const { Service: service = "", ...cells } of tableRows(sizing, "Service")) {
    const microseconds = measuredAs(`heavy (256 in flight):   ${service}`);
    expect(Object.values(cells), service).toEqual([
      (microseconds / 1_000).toFixed(1),
      String(Math.floor(1e6 / microseconds)),
    ]);
  }
});

test("what a job takes of DynamoDB is what was measured", () => {
  const metrics: Record<string, [string, number]> = {
    requests: ["DynamoDB requests/job", 1],
    "write units, without indexes": ["write units/job, without indexes", 1],
    "read units": ["read units/job", 1],
    "USD per million jobs": ["DynamoDB USD per million jobs", 2],
  };
  const rows = tableRows(requirements, "Per job").filter(
    (row) => row["Per job"] !== "write units of indexes",
  );
  expect(rows.map((row) => row["Per job"])).toEqual(Object.keys(metrics));
  for (const { "Per job": name = "", ...cells } of rows) {
    const [metric, digits] = metrics[name] ?? ["", 0];
    const both = ["heavy (256 in flight)", "light (2 in flight)"].map((load) =>
      measuredAs(`${load}: ${metric}`),
    );
    expect(Object.values(cells), name).toEqual(both.map((value) => value.toFixed(digits)));
  }
});
