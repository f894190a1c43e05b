import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { JobView } from "@switchyard/shared/contracts";
import { formatUsd, parseUsd } from "@switchyard/shared/pricing";
import { startProcess, waitFor, watchLeaks } from "@switchyard/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type System, send, startSystem } from "./system.ts";

afterAll(watchLeaks());

/** Its model answers as sim-small does, and the price book knows nothing of it. */
const CATALOGUE = `version: 1
providers:
  simulated: { kind: openai, base_url_env: SIMULATOR_URL, base_path: /v1 }
models:
  brand-new:
    { provider: simulated, provider_model: sim-small, price: simulated/brand-new, window_tokens: 128000, max_output_tokens: 64, strength: 20 }
routes: { SIMPLE: [brand-new], CALCULATION: [brand-new], COMPLEX: [brand-new] }
classifier: { expected_output_tokens: { SIMPLE: 50, CALCULATION: 50, COMPLEX: 50 } }
unpriced:
  tenants:
    acme: { policy: allow, cap: { input: "10", output: "40" } }
    patient: { policy: hold }
`;

let folder: string;
let system: System;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "switchyard-unpriced-"));
  const file = join(folder, "switchyard.yaml");
  await writeFile(file, CATALOGUE);
  system = await startSystem({ environment: { SWITCHYARD_CONFIG: file, SWEEP_INTERVAL_MS: "200" } });
});
afterAll(async () => {
  await system.stop();
  await rm(folder, { recursive: true, force: true });
});

const BODY = { input: "What is the capital of France?" };
const as = (key: string) => ({ authorization: `Bearer ${key}` });

/** The shipped book with the price of sim-small for the new model, too. */
async function laterBook(): Promise<string> {
  const book = JSON.parse(await readFile(new URL("../../prices.json", import.meta.url), "utf8")) as {
    version: string;
    prices: { id: string }[];
  };
  const price = book.prices.find(({ id }) => id === "simulated/sim-small");
  const prices = [...book.prices, { ...price, id: "simulated/brand-new" }];
  const file = join(folder, "prices.json");
  await writeFile(file, JSON.stringify({ ...book, version: "later", prices }));
  return file;
}

async function ledger(...args: string[]): Promise<number | null> {
  const entry = new URL("../../services/cost/src/ledger.ts", import.meta.url);
  const { DYNAMODB_TABLE = "", DYNAMODB_ENDPOINT = "" } = system.environment;
  const env = {
    ...{ DYNAMODB_TABLE, DYNAMODB_ENDPOINT, SWITCHYARD_PRICES: await laterBook() },
    ...{ AWS_ACCESS_KEY_ID: "test", AWS_SECRET_ACCESS_KEY: "test" },
  };
  return (await startProcess({ entry, name: "ledger", args, env }).exited).code;
}

const costs = async () => (await send<{ data: object[] }>(system, "GET /v1/costs?group_by=model")).body.data;

test("a job of a tenant that may call models without a price is at risk for its cap, until its price arrives", async () => {
  const { body: job } = await send<JobView>(system, "POST /v1/jobs", {
    body: BODY,
    headers: { prefer: "wait=60" },
  });
  expect(job).toMatchObject({ status: "succeeded", cost: { total_usd: "0", saved_usd: null } });
  const [call] = job.attempts;
  expect(call).toMatchObject({ cost_state: "unpriced", cost_usd: null, price_id: "simulated/brand-new" });
  const atRiskUsd = job.cost.at_risk_usd;
  expect(parseUsd(atRiskUsd)).toBeGreaterThan(parseUsd("0.00256"));
  const unpriced = { jobs: 1, spend_usd: "0", unpriced_jobs: 1, at_risk_usd: atRiskUsd };
  expect(await costs()).toMatchObject([unpriced]);

  expect(await ledger("reprice", "--write")).toBe(0);
  const billed = system.simulator.bill().filter((line) => line.jobId === job.id);
  const billedUsd = formatUsd(BigInt(billed[0]?.costPicoUsd ?? 0));
  const { body: priced } = await send<JobView>(system, `GET /v1/jobs/${job.id}`);
  const money = { total_usd: billedUsd, baseline_usd: billedUsd, saved_usd: "0", at_risk_usd: "0" };
  expect(priced.cost).toMatchObject(money);
  expect(priced.attempts).toMatchObject([
    { cost_state: "measured", cost_usd: billedUsd, adjusted: true, price_version: "later" },
  ]);
  const { body: receipt } = await send<object>(system, `GET /v1/jobs/${job.id}/receipt`);
  expect(receipt).toMatchObject({ total_usd: billedUsd, at_risk_usd: "0" });
  const row = { jobs: 1, spend_usd: billedUsd, net_saved_usd: "0", unpriced_jobs: 0, at_risk_usd: "0" };
  expect(await costs()).toMatchObject([row]);
  expect(await ledger("verify")).toBe(0);
}, 120_000);

test("one of a tenant that waits for prices is held and says why; it ends unpaid with its deadline", async () => {
  const headers = as(await system.keyOf("patient"));
  const submitted = async (body: object) => {
    const { status, body: job } = await send<JobView>(system, "POST /v1/jobs", { body, headers });
    expect(status).toBe(202);
    return async () => (await send<JobView>(system, `GET /v1/jobs/${job.id}`, { headers })).body;
  };
  const held = await submitted(BODY);
  await waitFor(async () => (await held()).held !== null, { timeoutMs: 60_000 });
  expect(await held()).toMatchObject({
    ...{ status: "queued", attempts: [] },
    held: { reason: "price_unknown", budget: null, resumes_at: null },
  });
  const late = await submitted({ ...BODY, deadline: new Date(Date.now() + 3_000).toISOString() });
  await waitFor(async () => (await late()).status === "expired", { timeoutMs: 60_000 });
  expect(await late()).toMatchObject({ held: null, attempts: [], cost: { total_usd: "0" } });
}, 150_000);

test("one of any other tenant is refused before anything is stored", async () => {
  const key = await system.keyOf("other");
  for (const path of ["/v1/jobs", "/v1/route/explain"]) {
    const refused = await send<{ code: string }>(system, `POST ${path}`, { body: BODY, headers: as(key) });
    expect([refused.status, refused.body.code]).toEqual([422, "price_unknown"]);
  }
});
