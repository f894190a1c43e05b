import { waitFor, watchLeaks } from "@switchyard/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readTerraform } from "../../deploy/src/terraform/read-terraform.ts";
import { type System, send, startSystem } from "./system.ts";

afterAll(watchLeaks());

let system: System;
beforeAll(async () => {
  system = await startSystem({ latencyScale: 0, isKeyless: true });
});
afterAll(() => system.stop());

const SERVICES = ["ingest", "classifier", "cost", "invoker"] as const;

/** What each service has asked of DynamoDB so far, as IAM names it, from its own metrics. */
async function asked(): Promise<Record<string, string[]>> {
  const all = await Promise.all(
    system.opsPorts.map(async (port, index) => {
      const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
      const counts = text.matchAll(
        /^switchyard_ledger_requests_total\{.*operation="(\w+)".*\} ([1-9]\d*)$/gm,
      );
      return [SERVICES[index] ?? "", [...counts].map(([, operation]) => `dynamodb:${operation}`)] as const;
    }),
  );
  return Object.fromEntries(all);
}

test("jobs are answered where only the invoker knows how to reach the provider", async () => {
  const { body } = await send<{ data: { id: string; owned_by: string }[] }>(system, "GET /v1/models");
  expect(new Set(body.data.map(({ owned_by }) => owned_by))).toEqual(
    new Set(["switchyard", "simulated", "simulated-bedrock"]),
  );
  const headers = { prefer: "wait=30" };
  for (const input of ["What is the capital of Peru?", "Prove that there are infinitely many primes."]) {
    const answer = await send(system, "POST /v1/jobs", { body: { input }, headers });
    expect(answer.body).toMatchObject({ status: "succeeded" });
  }
});

test("no service asks of the table what its role on AWS may not do", async () => {
  const admin = { authorization: `Bearer ${await system.keyOf("acme", "jobs:read,jobs:write,admin")}` };
  const budget = { window: "day", limit_usd: "5" };
  await send(system, "PUT /v1/budgets/one", { body: budget, headers: admin });
  await send(system, "GET /v1/budgets", { headers: admin });
  for (const path of ["/v1/jobs", "/v1/costs", "/v1/savings", "/v1/keys"])
    expect(await send(system, `GET ${path}`, { headers: admin })).toMatchObject({ status: 200 });
  const body = { input: "What is the capital of Chile?" };
  await send(system, "POST /v1/jobs", { body, headers: { prefer: "wait=30", ...admin } });
  await fetch(`${system.url}/v1/budgets/one`, { method: "DELETE", headers: admin });
  const { locals } = await readTerraform();
  const allowed = locals["table_actions"] as Record<string, string[]>;
  // The sweeper has had its turn, too.
  await waitFor(async () => (await asked())["cost"]?.includes("dynamodb:Query"));
  const used = await asked();
  expect(used["ingest"]).toEqual(expect.arrayContaining(["dynamodb:DeleteItem", "dynamodb:Query"]));
  for (const service of SERVICES) {
    expect(used[service]?.length).toBeGreaterThan(1);
    expect(allowed[service]).toEqual(expect.arrayContaining(used[service] ?? []));
  }
});
