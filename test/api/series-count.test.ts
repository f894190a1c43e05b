import type { JobView } from "@switchyard/shared/contracts";
import { waitFor, watchLeaks } from "@switchyard/testkit";
import { afterAll, afterEach, beforeEach, expect, test } from "vitest";
import { type System, send, startSystem } from "./system.ts";

afterAll(watchLeaks());

let system: System;
let admin: string;
beforeEach(async () => {
  system = await startSystem({ latencyScale: 0, environment: { SWEEP_INTERVAL_MS: "200" } });
  admin = await system.keyOf("operator", "jobs:read,jobs:write,admin");
});
afterEach(() => system.stop());

/** Of these, each with a model, a path and an Idempotency-Key of its own. */
const USERS = 10_000;
const BATCH = 1_000;
/** Of them so many send a request each, as tenants that nobody knows, and so many have a key and a real job. */
const STRANGERS = 2_000;
const TENANTS = 200;
/** Requests under way at once. */
const AT_ONCE = 50;

/** Of all that HTTP knows, some that no route takes. */
const METHODS = ["PROPFIND", "MKCOL", "LOCK", "SEARCH", "REPORT", "MERGE", "PURGE"];

const MODELS = ["sim-small", "sim-math", "sim-large", "auto"];

const numbers = (count: number) => Array.from({ length: count }, (_, n) => n);

async function inTurns(count: number, work: (n: number) => Promise<unknown>): Promise<void> {
  let next = 0;
  const worker = async () => {
    while (next < count) await work(next++);
  };
  await Promise.all(numbers(AT_ONCE).map(worker));
}

const as = (key: string, more: Record<string, string> = {}) => ({ authorization: `Bearer ${key}`, ...more });

/** Many users in one request: none of their models is known. */
async function batchOf(users: number[]): Promise<void> {
  const items = users.map((n) => ({
    ...{ input: `user-${n}`, model: `model-${n}`, metadata: { user: `user-${n}`, [`user-${n}`]: "x" } },
  }));
  const { body } = await send<{ rejected: number }>(system, "POST /v1/jobs/batch", { body: items });
  expect(body.rejected).toBe(users.length);
}

/** What is refused: a key, a path, a method, a model, a body, each of its own. */
async function strangerOf(n: number): Promise<void> {
  const [headers, own] = [as(`sk-sy-user${n}-0123456789abcdef`), as(admin, { "x-request-id": `user-${n}` })];
  const asks: [line: string, given: Parameters<typeof send>[2], status: number][] = [
    ["POST /v1/jobs", { headers, body: { input: "x" } }, 401],
    [`GET /v1/user-${n}/path`, { headers: own }, 404],
    [`GET /v1/jobs/user-${n}`, { headers: own }, 404],
    [`${METHODS[n % METHODS.length]} /v1/jobs`, { headers: own }, 405],
    ["POST /v1/jobs", { headers: own, body: { input: "x", model: `user-${n}` } }, 404],
    ["POST /v1/jobs", { headers: own, body: { input: "x", [`user-${n}`]: "x" } }, 400],
    [`GET /v1/budgets?user-${n}=x`, { headers: own }, 400],
  ];
  const [line, given, status] = asks[n % asks.length] as (typeof asks)[number];
  expect([line, (await send(system, line, given)).status]).toEqual([line, status]);
}

/** A tenant of its own, with a key, a budget that comes and goes, and a real job that is answered. */
async function tenantOf(n: number): Promise<void> {
  const { body: made } = await send<{ key: string }>(system, "POST /v1/keys", {
    headers: as(admin),
    body: { tenant: `user-${n}` },
  });
  const headers = as(made.key, { "idempotency-key": `user-${n}`, prefer: "wait=30" });
  const body = {
    ...{ input: `What is ${n} + ${n}?`, model: MODELS[n % MODELS.length], max_output_tokens: 10 },
    metadata: { user: `user-${n}`, [`user-${n}`]: "x" },
  };
  const { body: job } = await send<JobView>(system, "POST /v1/jobs", { headers, body });
  expect(job.status).toBe("succeeded");
}

async function budgetOf(n: number): Promise<void> {
  const body = { window: "day", limit_usd: "1", tenant: `user-${n}` };
  expect((await send(system, `PUT /v1/budgets/user-${n}`, { headers: as(admin), body })).status).toBe(200);
  expect((await send(system, `DELETE /v1/budgets/user-${n}`, { headers: as(admin) })).status).toBe(200);
}

/** Every series of ours, by its name and labels. Node's own are as many as there are kinds of handles and of pauses. */
async function seriesNow(): Promise<string[]> {
  const text = await system.scrape();
  expect(text).not.toMatch(/user-?\d|model-\d|job_[0-9a-z]{26}/);
  const lines = text.split("\n").filter((line) => line.startsWith("switchyard_"));
  return lines.map((line) => line.slice(0, line.lastIndexOf(" "))).sort();
}

test("10,000 users, models, paths and keys, and tenants with jobs and budgets, leave as many series as one of each", async () => {
  const kinds = 7;
  await batchOf([0]);
  await inTurns(kinds, strangerOf);
  await inTurns(MODELS.length, tenantOf);
  await budgetOf(0);
  // How long a queue takes to drain is told once its workers have said how long a run takes, every few seconds.
  const numberOf = (name: string, series: string[]) =>
    series.filter((line) => line.startsWith(`${name}{`)).length;
  await waitFor(
    async () => {
      const series = await seriesNow();
      return numberOf("switchyard_queue_drain_seconds", series) === numberOf("switchyard_queue_load", series);
    },
    { timeoutMs: 30_000, intervalMs: 500 },
  );
  const before = await seriesNow();
  expect(before.length).toBeGreaterThan(500);

  for (const at of numbers(USERS / BATCH)) await batchOf(numbers(BATCH).map((n) => at * BATCH + n));
  await inTurns(STRANGERS, strangerOf);
  await inTurns(TENANTS, (n) => tenantOf(MODELS.length + n));
  await inTurns(AT_ONCE, budgetOf);

  // A deleted budget is one for as long as the list of them is not read anew, which a job does.
  let another = MODELS.length + TENANTS;
  const isAsBefore = async () => {
    await tenantOf(another++);
    return (await seriesNow()).join() === before.join();
  };
  await waitFor(isAsBefore, { timeoutMs: 20_000, intervalMs: 1_000 }).catch(() => {});
  expect(await seriesNow()).toEqual(before);
});
