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
  generation: number;
  dead_letter: boolean;
  error: { code: string } | null;
  attempts: { n: number; generation: number; outcome: string; cost_usd: string | null }[];
  cost: { total_usd: string };
  result: { text: string } | null;
}

const ask = <Body = Job>(request: string, body?: unknown) => send<Body>(system, request, { body });
/** As `ask`, for the job as it ended. */
const askForEnd = (request: string, body?: unknown) =>
  send<Job>(system, request, { body, headers: { prefer: "wait=30" } });

const INPUT = "What is the capital of France?";

test("a dead letter is found, estimated, replayed by filter, and answered in its second generation", async () => {
  system.simulator.setFaults({ "400": 1 });
  // A model that is asked for by name is not left for another: one call tells.
  const { body: dead } = await askForEnd("POST /v1/jobs", { input: INPUT, model: "sim-small" });
  expect(dead).toMatchObject({ status: "failed", generation: 1, dead_letter: true });
  const code = dead.error?.code;
  const { body: list } = await ask<{ data: Job[] }>(`GET /v1/jobs?dead_letter=true&error=${code}`);
  expect(list.data.map(({ id }) => id)).toEqual([dead.id]);
  system.simulator.setFaults({});
  const filter = { error: code, status: "failed" };
  const { body: estimate } = await ask<Record<string, unknown>>("POST /v1/jobs/replay", filter);
  expect(estimate).toMatchObject({ dry_run: true, count: 1, without_estimate: 0 });
  expect(Number(estimate["estimated_cost_usd"])).toBeGreaterThan(0);
  const meant = await ask<{ items: unknown }>("POST /v1/jobs/replay", { ...filter, dry_run: false });
  expect(meant.body.items).toEqual([{ id: dead.id, status: 202, generation: 2 }]);
  const { body: job } = await askForEnd(`GET /v1/jobs/${dead.id}`);
  expect(job).toMatchObject({ status: "succeeded", generation: 2, dead_letter: false, error: null });
  expect(job.result?.text).toContain("Paris");
  expect(job.attempts.map(({ n, generation, outcome }) => [n, generation, outcome])).toEqual([
    [1, 1, "void"],
    [2, 2, "settled"],
  ]);
  expect(job.cost.total_usd).toBe(job.attempts[1]?.cost_usd);
  expect((await ask<{ data: Job[] }>("GET /v1/jobs?dead_letter=true")).body.data).toEqual([]);
});

test("ten replays at once of one job make one more call", async () => {
  system.simulator.setFaults({ "400": 1 });
  const { body: dead } = await askForEnd("POST /v1/jobs", { input: INPUT });
  system.simulator.setFaults({});
  const request = `POST /v1/jobs/${dead.id}/replay`;
  const answers = await Promise.all(Array.from({ length: 10 }, () => ask(request)));
  for (const { status } of answers) expect([202, 409]).toContain(status);
  const { body: job } = await askForEnd(`GET /v1/jobs/${dead.id}`);
  expect([job.status, job.generation]).toEqual(["succeeded", 2]);
  expect(system.simulator.bill().filter((line) => line.jobId === dead.id)).toHaveLength(1);
});
