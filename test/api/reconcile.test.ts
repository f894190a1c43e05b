import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { formatUsd, parseUsd } from "@switchyard/shared/pricing";
import type { FaultName } from "@switchyard/simulator";
import { startProcess, watchLeaks } from "@switchyard/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type System, send, startSystem } from "./system.ts";

afterAll(watchLeaks());

let system: System;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "switchyard-reconcile-"));
  system = await startSystem({ latencyScale: 0 });
});
afterAll(async () => {
  await system.stop();
  await rm(folder, { recursive: true });
});

interface Job {
  status: string;
}

async function ledger(...args: string[]) {
  const env = { ...system.environment, AWS_ACCESS_KEY_ID: "test", AWS_SECRET_ACCESS_KEY: "test" };
  const entry = new URL("../../services/cost/src/ledger.ts", import.meta.url);
  const program = startProcess({ entry, name: "ledger", args, env });
  const { code } = await program.exited;
  return { code, text: program.logs().join("\n") };
}

/** What the API says was spent so far. */
async function spentUsd(): Promise<string> {
  const { body } = await send<{ data: { spend_usd: string }[] }>(system, "GET /v1/costs?group_by=model");
  return formatUsd(body.data.reduce((sum, { spend_usd: spent }) => sum + parseUsd(spent), 0n));
}

/** What the calls of jobs meet, one job after the other; answers in between keep the breakers closed. */
const MET: readonly (FaultName | null)[] = [
  ...([null, "reset", null, "truncated", null, "reset-unbilled"] as const),
  ...([null, "malformed", null, "400", null, "reset"] as const),
];
/** Of them, those that are billed and not answered, and those of which nobody but the bill knows that they are not billed. */
const LOST = 4;
const UNBILLED = 1;

test("calls that were lost are settled by the provider's bill, and the ledger is the bill to the pico-dollar", async () => {
  const { simulator } = system;
  for (const [index, fault] of MET.entries()) {
    simulator.setFaults(fault === null ? {} : { [fault]: 1 });
    const model = index % 4 < 2 ? "sim-small" : "sim-large";
    const body = { input: `What is ${index} + 1?`, model, on_unknown: "fail" };
    const ended = await send<Job>(system, "POST /v1/jobs", { body, headers: { prefer: "wait=60" } });
    expect(ended.body.status).toMatch(/^(succeeded|failed)$/);
  }
  const bill = simulator.bill();
  const file = join(folder, "bill.jsonl");
  await writeFile(file, bill.map((line) => `${JSON.stringify(line)}\n`).join(""));
  const billedUsd = formatUsd(bill.reduce((sum, line) => sum + BigInt(line.costPicoUsd), 0n));
  expect(bill.filter(({ fault }) => fault !== undefined)).toHaveLength(LOST);

  const before = await ledger("reconcile", file, "--format", "simulator", "--json");
  expect(before.code).toBe(1);
  expect(JSON.parse(before.text)).toMatchObject({ classes: { differs: { lines: LOST } }, settled: 0 });
  const after = await ledger("reconcile", file, "--format", "simulator", "--settle", "--json");
  expect(after).toMatchObject({ code: 0 });
  expect(JSON.parse(after.text)).toMatchObject({
    settled: LOST,
    classes: { matched: { ours: { cost_usd: billedUsd } }, at_risk: { groups: UNBILLED } },
  });
  expect(await spentUsd()).toBe(billedUsd);
  expect(await ledger("verify")).toMatchObject({ code: 0 });
});
