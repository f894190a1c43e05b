import { parseUsd } from "@switchyard/shared/pricing";
import { watchLeaks } from "@switchyard/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type System, send, startSystem } from "./system.ts";

afterAll(watchLeaks());

let system: System;
beforeAll(async () => {
  system = await startSystem();
});
afterAll(() => system.stop());

interface Job {
  id: string;
  status: string;
  version: number;
  attempts: { outcome: string; cost_usd: string | null; provider_request_id: string | null }[];
  cost: { total_usd: string; at_risk_usd: string };
}

const QUESTION = { body: { input: "What is 6 * 7?" } };
const submit = async () => (await send<Job>(system, "POST /v1/jobs", QUESTION)).body.id;
const cancel = (id: string) => send<Job>(system, `POST /v1/jobs/${id}/cancel`);
const look = async (id: string, headers = {}) =>
  (await send<Job>(system, `GET /v1/jobs/${id}`, { headers })).body;
const ended = (id: string) => look(id, { prefer: "wait=30" });
const billOf = (id: string) => system.simulator.bill().filter((line) => line.jobId === id);

const RACES = 120;
/** As many as one invoker calls for at once, so that every call begins when its job does. */
const TOGETHER = 8;
/** What a cancel may take from the request to the terminal state. */
const PROMPT_MS = 1_500;

test("a cancel aborts a call that would never end: cancelled at once, its bound at risk", async () => {
  system.simulator.setFaults({ hang: 1 });
  const id = await submit();
  await expect.poll(() => system.simulator.inFlight().now).toBe(1);
  const startedAt = performance.now();
  expect((await cancel(id)).status).toBe(202);
  const job = await ended(id);
  expect(performance.now() - startedAt).toBeLessThan(PROMPT_MS);
  await expect.poll(() => system.simulator.inFlight().now).toBe(0);
  expect(job).toMatchObject({ status: "cancelled", attempts: [{ outcome: "unknown" }] });
  expect([job.cost.total_usd, Number(job.cost.at_risk_usd) > 0]).toEqual(["0", true]);
  // Repeatable: the second answer is the job as it ended.
  expect(await cancel(id)).toMatchObject({
    status: 200,
    body: { status: "cancelled", version: job.version },
  });
});

/** From the claim to the end of a job, on this machine as it is now. */
async function timeOfCall(): Promise<number> {
  const id = await running();
  const startedAt = performance.now();
  await ended(id);
  return performance.now() - startedAt;
}

/** A job whose call is about to begin. */
async function running(): Promise<string> {
  const id = await submit();
  const statusOf = async () => (await look(id)).status;
  await expect.poll(statusOf, { interval: 10, timeout: 20_000 }).not.toBe("queued");
  return id;
}

/** Cancels at a point of time between the claim and half as long again as an answer took. */
async function race(share: number, callMs: number): Promise<{ job: Job; endedAtMs: number }> {
  const id = share < 0.1 ? await submit() : await running();
  // Spread over the groups too: each has early and late ones.
  const point = (share * 7) % 1;
  await new Promise((resolve) => setTimeout(resolve, point * 1.5 * callMs));
  const accepted = await cancel(id);
  const job = await ended(id);
  if (accepted.status === 202) expect(job.status).toBe("cancelled");
  else expect(["succeeded", "cancelled"]).toContain(job.status);
  return { job, endedAtMs: Date.now() };
}

test("120 cancels race with the answers: one end each, the ledger is the bill, no call after it", async () => {
  system.simulator.setFaults({});
  const outcomes = { beforeCall: 0, aborted: 0, settled: 0, answered: 0 };
  const callMs = await timeOfCall();
  const ends: { job: Job; endedAtMs: number }[] = [];
  for (let start = 0; start < RACES; start += TOGETHER) {
    const group = Array.from({ length: TOGETHER }, (_, offset) => race((start + offset) / RACES, callMs));
    ends.push(...(await Promise.all(group)));
  }
  for (const { job, endedAtMs } of ends) {
    const bill = billOf(job.id);
    const settled = job.attempts.filter(({ outcome }) => outcome === "settled");
    const unknown = job.attempts.filter(({ outcome }) => outcome === "unknown");
    const settledIds = settled.map((attempt) => attempt.provider_request_id);
    expect(job.attempts.some(({ outcome }) => outcome === "in_flight")).toBe(false);
    for (const attempt of settled) {
      const line = bill.find(({ requestId }) => requestId === attempt.provider_request_id);
      expect(parseUsd(attempt.cost_usd ?? "").toString()).toBe(line?.costPicoUsd);
    }
    // Every settled row is a line of the bill, and a line that is not settled is a call that was aborted.
    expect(bill.map((line) => line.requestId)).toEqual(expect.arrayContaining(settledIds));
    expect(bill.length - settled.length).toBeLessThanOrEqual(unknown.length);
    for (const line of bill) expect(line.startedAtMs).toBeLessThanOrEqual(endedAtMs);
    if (job.status === "succeeded") outcomes.answered += 1;
    else if (settled.length > 0) outcomes.settled += 1;
    else outcomes[unknown.length > 0 ? "aborted" : "beforeCall"] += 1;
    // The first end is the last: nothing has moved since.
    expect((await ended(job.id)).version).toBe(job.version);
  }
  // A race that one side always wins is none.
  expect(outcomes.aborted).toBeGreaterThan(5);
  expect(outcomes.answered + outcomes.settled).toBeGreaterThan(5);
});
