import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { JobView } from "@switchyard/shared/contracts";
import type { Savings } from "@switchyard/shared/ledger";
import { formatUsd, parseUsd } from "@switchyard/shared/pricing";
import { watchLeaks } from "@switchyard/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type System, send, startSystem } from "./system.ts";

afterAll(watchLeaks());

const folder = mkdtempSync(join(tmpdir(), "switchyard-savings-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** A router that sends everything to a dearer model than its baseline, the strongest one by its own word; half of it is held out. */
function badCatalogue(): string {
  const shipped = readFileSync(new URL("../../switchyard.yaml", import.meta.url), "utf8");
  const bad = shipped
    .replace(/(\n {2}sim-math:\n(?: {4}.*\n)*? {4}strength: )\d+/, "$1999")
    .replace(
      /\nroutes:\n(?: {2}.*\n)+/,
      "\nroutes: { SIMPLE: [sim-large], CALCULATION: [sim-large], COMPLEX: [sim-large] }\n",
    )
    .replace("  mode: local\n", "  mode: local\n  holdout_percent: 50\n");
  for (const part of ["strength: 999", "COMPLEX: [sim-large] }", "holdout_percent"])
    expect(bad).toContain(part);
  return bad;
}

/** An interval needs 30 jobs a side; by chance alone it would take more than this once in a million runs. */
const MOST_JOBS = 110;

let system: System;
const jobs: JobView[] = [];
beforeAll(async () => {
  const file = join(folder, "switchyard.yaml");
  writeFileSync(file, badCatalogue());
  system = await startSystem({ latencyScale: 0, environment: { SWITCHYARD_CONFIG: file } });
  const count = (arm: JobView["arm"]) => jobs.filter((job) => job.arm === arm).length;
  while (Math.min(count("routed"), count("holdout")) < 30 && jobs.length < MOST_JOBS) {
    const inputs = Array.from({ length: 10 }, (_, index) => `Name ${jobs.length + index + 2} colours.`);
    jobs.push(...(await Promise.all(inputs.map(answered))));
  }
});
afterAll(() => system.stop());

async function answered(input: string): Promise<JobView> {
  const { body } = await send<JobView>(system, "POST /v1/jobs", {
    body: { input },
    headers: { prefer: "wait=60" },
  });
  expect(body.status).toBe("succeeded");
  return body;
}

const of = (arm: JobView["arm"]) => jobs.filter((job) => job.arm === arm);
const sum = (side: readonly JobView[], name: "total_usd" | "saved_usd") =>
  side.reduce((total, job) => total + parseUsd(job.cost[name] ?? "none"), 0n);

describe("a router that costs more than it saves", () => {
  test("shows it in every job that it routed, and in its receipt", async () => {
    expect(of("routed").length).toBeGreaterThan(0);
    for (const job of of("routed")) {
      expect([job.model, job.decision?.holdout]).toEqual(["sim-large", false]);
      expect(job.cost.saved_usd).toMatch(/^-0\.\d+$/);
    }
    const [job] = of("routed");
    const receipt = await send<{ saved_usd: string }>(system, `GET /v1/jobs/${job?.id}/receipt`);
    expect(receipt.body.saved_usd).toBe(job?.cost.saved_usd);
  });

  test("saves and loses nothing on the jobs that were held out", () => {
    expect(of("holdout").length).toBeGreaterThan(0);
    for (const job of of("holdout")) {
      expect([job.model, job.decision?.holdout, job.cost.saved_usd]).toEqual(["sim-math", true, "0"]);
    }
  });

  test("shows it in the costs, to the pico-dollar", async () => {
    const { body } = await send<{ data: Record<string, string>[] }>(system, "GET /v1/costs");
    const net = body.data.reduce((total, row) => total + parseUsd(row["net_saved_usd"] ?? "none"), 0n);
    expect(net).toBe(sum(jobs, "saved_usd"));
    expect(net).toBeLessThan(0n);
  });

  test("shows it in the saving as modelled, and as measured with all of its interval below zero", async () => {
    const { body } = await send<Savings>(system, "GET /v1/savings");
    const { arms, modelled, measured } = body;
    for (const arm of ["routed", "holdout"] as const) {
      expect(arms[arm]).toMatchObject({
        ...{ jobs: of(arm).length, answered_jobs: of(arm).length },
        spend_usd: formatUsd(sum(of(arm), "total_usd")),
      });
    }
    expect(modelled.saved_usd).toBe(formatUsd(sum(of("routed"), "saved_usd")));
    expect(parseUsd(modelled.saved_usd ?? "none")).toBeLessThan(0n);
    expect(measured.no_interval_because).toBeNull();
    expect(parseUsd(measured.high_usd ?? "none")).toBeLessThan(0n);
  });
});
