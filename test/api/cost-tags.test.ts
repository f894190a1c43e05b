import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { JobView } from "@switchyard/shared/contracts";
import { formatUsd } from "@switchyard/shared/pricing";
import { watchLeaks } from "@switchyard/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type System, send, startSystem } from "./system.ts";

afterAll(watchLeaks());

const SHIPPED = readFileSync(new URL("../../switchyard.yaml", import.meta.url), "utf8");
const folder = mkdtempSync(join(tmpdir(), "switchyard-tags-"));
afterAll(() => rmSync(folder, { recursive: true }));

let system: System;
beforeAll(async () => {
  const file = join(folder, "switchyard.yaml");
  writeFileSync(file, `${SHIPPED}\ntags: [team]\n`);
  system = await startSystem({ latencyScale: 0, environment: { SWITCHYARD_CONFIG: file } });
});
afterAll(() => system.stop());

test("the costs of each tag are what the provider billed for the jobs that have it", async () => {
  const teams = ["growth", "core", "growth", ""];
  const billed = new Map<string, bigint>();
  for (const [index, team] of teams.entries()) {
    const metadata: Record<string, string> = team === "" ? { user: "u" } : { team };
    const body = { input: `Name ${index + 2} colours.`, metadata };
    const headers = { prefer: "wait=60" };
    const job = (await send<JobView>(system, "POST /v1/jobs", { body, headers })).body;
    expect([job.status, job.metadata]).toEqual(["succeeded", metadata]);
    for (const line of system.simulator.bill().filter(({ jobId }) => jobId === job.id))
      billed.set(team, (billed.get(team) ?? 0n) + BigInt(line.costPicoUsd));
  }
  type Costs = { data: Record<string, string>[] };
  const { body } = await send<Costs>(system, "GET /v1/costs?group_by=tag:team");
  expect(body.data.map((row) => [row["tag:team"], row["spend_usd"]])).toEqual(
    ["", "core", "growth"].map((team) => [team, formatUsd(billed.get(team) ?? 0n)]),
  );
});
