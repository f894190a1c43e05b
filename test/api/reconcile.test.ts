import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { formatUsd, parseUsd } from "@switchyard/shared/pricing";
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
  id: string;
  status: string;
  attempts: { outcome: string; cost_state: string | null }[];
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

test("calls that were lost are settled by the provider's bill, and the ledger is the bill to the pico-dollar", async () => {
  const { simulator } = system;
  simulator.setFaults({ reset: 0.2, truncated: 0.15, "reset-unbilled": 0.15 });
  const jobs = await Promise.all(
    Array.from({ length: 24 }, async (_, index) => {
      const body = {
        input: `What is ${index} + 1?`,
        model: index % 2 === 0 ? "sim-small" : "sim-large",
        on_unknown: index % 4 === 0 ? "retry" : "fail",
      };
      return (await send<Job>(system, "POST /v1/jobs", { body, headers: { prefer: "wait=60" } })).body;
    }),
  );
  const attempts = jobs.flatMap((job) => job.attempts);
  const unknown = attempts.filter(({ outcome }) => outcome === "unknown");
  expect(jobs.filter(({ status }) => !["succeeded", "failed"].includes(status))).toEqual([]);

  const bill = simulator.bill();
  const file = join(folder, "bill.jsonl");
  await writeFile(file, bill.map((line) => `${JSON.stringify(line)}\n`).join(""));
  const billedPicoUsd = bill.reduce((sum, line) => sum + BigInt(line.costPicoUsd), 0n);
  const lost = bill.filter(({ fault }) => fault !== undefined).length;
  expect(lost).toBeGreaterThan(0);
  expect(unknown.length).toBeGreaterThan(lost);

  const before = await ledger("reconcile", file, "--format", "simulator", "--json");
  expect(before.code).toBe(1);
  expect(JSON.parse(before.text)).toMatchObject({ classes: { differs: { lines: lost } }, settled: 0 });
  const after = await ledger("reconcile", file, "--format", "simulator", "--settle", "--json");
  expect(after).toMatchObject({ code: 0 });
  expect(JSON.parse(after.text)).toMatchObject({
    settled: lost,
    classes: {
      matched: { ours: { cost_usd: formatUsd(billedPicoUsd) } },
      at_risk: { groups: unknown.length - lost },
    },
  });
  expect(await spentUsd()).toBe(formatUsd(billedPicoUsd));
  expect(await ledger("verify")).toMatchObject({ code: 0 });
});
