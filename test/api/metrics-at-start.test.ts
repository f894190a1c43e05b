import { watchLeaks } from "@switchyard/testkit";
import { afterAll, afterEach, beforeEach, expect, test } from "vitest";
import { type System, startSystem } from "./system.ts";

afterAll(watchLeaks());

let system: System;
beforeEach(async () => {
  system = await startSystem({ latencyScale: 0 });
});
afterEach(() => system.stop());

const ACTIVE = ["sim-small", "sim-math", "sim-large"];
/** Counters whose series are those of budgets, of which this installation has none. */
const OF_BUDGETS = ["switchyard_budget_refusals_total", "switchyard_budget_alerts_total"];
/** Counted by model, but for the one that it leaves and the one that it goes to. */
const BY_MODEL = [
  "switchyard_jobs_ended_total",
  "switchyard_cost_usd_total",
  "switchyard_tokens_total",
  "switchyard_unpriced_tokens_total",
  "switchyard_unpriced_calls_total",
  "switchyard_estimated_calls_total",
  "switchyard_calls_over_bound_total",
  "switchyard_usage_notes_total",
  "switchyard_at_risk_usd_total",
  "switchyard_provider_errors_total",
  "switchyard_limiter_refusals_total",
  "switchyard_breaker_turns_total",
  "switchyard_stalled_jobs_total",
];

test("before anything has happened every counter is there, those by model with every active model, and all are 0", async () => {
  const text = await system.scrape();
  const counters = new Set(
    [...text.matchAll(/^# TYPE (switchyard_\w+) counter$/gm)].map(([, name = ""]) => name),
  );
  const samples = text.split("\n").filter((line) => counters.has(/^\w+/.exec(line)?.[0] ?? ""));
  const namesOf = (lines: string[]) => new Set(lines.map((line) => /^\w+/.exec(line)?.[0] ?? ""));
  expect([...counters].filter((name) => !namesOf(samples).has(name)).sort()).toEqual(OF_BUDGETS.sort());
  const labelled = samples.filter((line) => /[{,]model="(?!none)/.test(line));
  expect(namesOf(labelled)).toEqual(new Set(BY_MODEL));
  for (const name of BY_MODEL) {
    const lines = labelled.filter((line) => line.startsWith(`${name}{`));
    const models = new Set(lines.map((line) => /[{,]model="([^"]+)"/.exec(line)?.[1]));
    expect([name, models]).toEqual([name, new Set(ACTIVE)]);
  }
  // To start takes requests to DynamoDB, which are the only thing that has happened.
  const risen = namesOf(samples.filter((line) => !line.endsWith(" 0")));
  expect([...risen].filter((name) => !name.startsWith("switchyard_ledger_"))).toEqual([]);
});

test("a pool without a process is no gap: the cost of its models is told as 0 by the service that books it", async () => {
  await system.stop();
  system = await startSystem({ latencyScale: 0, invokes: false });
  const text = await system.scrape();
  for (const model of ACTIVE)
    expect(text).toMatch(
      new RegExp(
        `^switchyard_cost_usd_total\\{.*model="${model}".*service="cost".* 0$|^switchyard_cost_usd_total\\{.*service="cost".*model="${model}".* 0$`,
        "m",
      ),
    );
});
