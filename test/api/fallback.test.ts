import type { JobView } from "@switchyard/shared/contracts";
import { watchLeaks } from "@switchyard/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type System, send, startSystem } from "./system.ts";

afterAll(watchLeaks());

let system: System;
beforeAll(async () => {
  system = await startSystem();
});
afterAll(() => system.stop());

async function answered(body: object): Promise<JobView> {
  return (await send<JobView>(system, "POST /v1/jobs", { body, headers: { prefer: "wait=60" } })).body;
}

const INPUT = "What is the capital of France?";

test("jobs that their model refuses are answered by the next one, at its price, and say which they left and why", async () => {
  // Drawn for each call: all but one set of forty jobs in ten million hold one that falls back and is answered.
  system.simulator.setFaults({ "content-filter": 0.4 });
  const jobs = await Promise.all(Array.from({ length: 40 }, () => answered({ input: INPUT })));
  system.simulator.setFaults({});
  for (const { status, model, fallbacks, attempts, error } of jobs) {
    const steps = fallbacks.map(({ from, to, reason }) => [from, to, reason]);
    const chain = ["sim-small", "sim-math", "sim-large"].slice(0, attempts.length);
    expect(attempts.map((attempt) => attempt.model)).toEqual(chain);
    expect(steps).toEqual(chain.slice(1).map((to, index) => [chain[index], to, "content_refused"]));
    expect(model).toBe(chain.at(-1));
    if (status === "succeeded") expect(attempts.at(-1)?.outcome).toBe("settled");
    else expect([attempts.length, error?.code]).toEqual([3, "content_filtered"]);
  }
  const changed = jobs.filter(({ status, attempts }) => status === "succeeded" && attempts.length > 1);
  expect(changed.length).toBeGreaterThan(0);
  for (const { id, cost, attempts } of changed) {
    expect(cost.total_usd).toBe(attempts.at(-1)?.cost_usd);
    expect(system.simulator.bill().filter((line) => line.jobId === id)).toHaveLength(1);
  }
});

test("a job that names its model gets that model's refusal", async () => {
  system.simulator.setFaults({ "content-filter": 1 });
  const job = await answered({ input: INPUT, model: "sim-small" });
  system.simulator.setFaults({});
  expect(job).toMatchObject({ status: "failed", fallbacks: [], error: { code: "content_filtered" } });
  expect(job.attempts).toHaveLength(1);
});
