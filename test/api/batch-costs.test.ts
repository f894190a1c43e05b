import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isTerminal, type JobView } from "@switchyard/shared/contracts";
import { formatUsd } from "@switchyard/shared/pricing";
import { waitFor, watchLeaks } from "@switchyard/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type System, send, startSystem } from "./system.ts";

afterAll(watchLeaks());

/** One model answers, one refuses, and one waits for its price. */
const CATALOGUE = `version: 1
providers:
  simulated: { kind: openai, base_url_env: SIMULATOR_URL, base_path: /v1 }
models:
  sim-small: { provider: simulated, window_tokens: 128000, max_output_tokens: 64, strength: 20 }
  refusing:
    { provider: simulated, provider_model: fault-content-filter, price: simulated/sim-small, window_tokens: 128000, max_output_tokens: 64, strength: 20 }
  waiting: { provider: simulated, price: simulated/waiting, window_tokens: 128000, max_output_tokens: 64, strength: 20 }
routes: { SIMPLE: [sim-small], CALCULATION: [sim-small], COMPLEX: [sim-small] }
classifier: { expected_output_tokens: { SIMPLE: 50, CALCULATION: 50, COMPLEX: 50 } }
unpriced: { policy: hold }
`;

let folder: string;
let system: System;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "switchyard-batch-"));
  const file = join(folder, "switchyard.yaml");
  await writeFile(file, CATALOGUE);
  system = await startSystem({ environment: { SWITCHYARD_CONFIG: file, SWEEP_INTERVAL_MS: "200" } });
});
afterAll(async () => {
  await system.stop();
  await rm(folder, { recursive: true, force: true });
});

const ok = (input: string) => ({ input, model: "sim-small" });

/** The jobs of a batch of a tenant of its own, once all have ended, and what that tenant has spent. */
async function ended(tenant: string, body: object[]) {
  const headers = { authorization: `Bearer ${await system.keyOf(tenant)}` };
  const batch = await send<{ items: { id: string }[] }>(system, "POST /v1/jobs/batch", { body, headers });
  expect(batch.status).toBe(202);
  const read = async (id: string) => (await send<JobView>(system, `GET /v1/jobs/${id}`, { headers })).body;
  const jobs: JobView[] = [];
  for (const { id } of batch.body.items) {
    await waitFor(async () => isTerminal((await read(id)).status), { timeoutMs: 60_000 });
    jobs.push(await read(id));
  }
  const { body: costs } = await send<{ data: object[] }>(system, "GET /v1/costs?group_by=tenant", {
    headers,
  });
  const ids = new Set(jobs.map(({ id }) => id));
  const bill = system.simulator.bill().filter(({ jobId }) => ids.has(jobId ?? ""));
  const billedUsd = formatUsd(bill.reduce((sum, line) => sum + BigInt(line.costPicoUsd), 0n));
  return { jobs, costs: costs.data, lines: bill.length, billedUsd };
}

test("case 43: of a batch of three lines whose third fails, the two that were answered are priced, each by itself", async () => {
  const { jobs, costs, lines, billedUsd } = await ended("two", [
    ok("one"),
    ok("two"),
    { input: "x", model: "refusing" },
  ]);
  expect(jobs.map(({ status }) => status)).toEqual(["succeeded", "succeeded", "failed"]);
  const priced = jobs.flatMap(({ attempts }) => attempts.filter(({ cost_usd }) => cost_usd !== null));
  expect(priced.map(({ cost_state }) => cost_state)).toEqual(["measured", "measured"]);
  expect(jobs[2]?.cost).toMatchObject({ total_usd: "0", at_risk_usd: "0" });
  expect([lines, costs]).toMatchObject([
    2,
    [{ tenant: "two", jobs: 2, spend_usd: billedUsd, unpriced_jobs: 0 }],
  ]);
}, 120_000);

test("case 43: of a batch that expires the finished lines alone are billed", async () => {
  const deadline = new Date(Date.now() + 4_000).toISOString();
  const { jobs, costs, billedUsd } = await ended("late", [
    ok("one"),
    { input: "x", model: "waiting", deadline },
  ]);
  expect(jobs.map(({ status }) => status)).toEqual(["succeeded", "expired"]);
  expect(jobs[1]).toMatchObject({ attempts: [], cost: { total_usd: "0", at_risk_usd: "0" } });
  expect(costs).toMatchObject([{ jobs: 1, spend_usd: billedUsd }]);
}, 120_000);
