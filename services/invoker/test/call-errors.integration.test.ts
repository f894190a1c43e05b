import { createMetrics } from "@switchyard/shared/telemetry";
import { watchLeaks } from "@switchyard/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startInvokerAtZero } from "../src/export-metrics.ts";
import { usingWorld, type World } from "./support.ts";

afterAll(watchLeaks());

let world: World;
beforeAll(async () => {
  world = await usingWorld();
});
afterAll(() => world[Symbol.asyncDispose]());

/** By the fault of the provider: what its call is counted as. */
const FAULTS = {
  429: "rate_limited",
  503: "unavailable",
  hang: "timeout",
  reset: "outcome_unknown",
  401: "key_refused",
  "content-filter": "content_filtered",
  "context-length": "context_window",
} as const;

test("every error of a provider is counted by its name, each from 0 on, and an answer is none", async () => {
  const metrics = createMetrics("test");
  startInvokerAtZero({ catalogue: world.catalogue, metrics }, [world.model]);
  const counted = async () => (await metrics.providerErrors.get()).values;
  const before = await counted();
  expect(before.map(({ value }) => value)).toEqual(before.map(() => 0));
  for (const fault of Object.keys(FAULTS)) {
    const options = { metrics, providerModel: `fault-${fault}`, timeoutMs: fault === "hang" ? 300 : 10_000 };
    await world.run(await world.job(), options).catch(() => {});
  }
  await world.run(await world.job(), { metrics });
  const after = await counted();
  expect(after).toHaveLength(before.length);
  const risen = after.filter(({ value }) => value > 0).map(({ labels, value }) => [labels.error, value]);
  expect(risen.sort()).toEqual(
    Object.values(FAULTS)
      .map((error) => [error, 1])
      .sort(),
  );
  const { values } = await metrics.providerCallSeconds.get();
  const calls = values.filter(({ metricName }) => metricName?.endsWith("_count"));
  const outcomes = Object.fromEntries(calls.map(({ labels, value }) => [labels.outcome, value]));
  expect(outcomes).toEqual({ settled: 1, void: 5, unknown: 2, abandoned: 0 });
});

test("a call without a price is counted with its tokens, and its cost nowhere", async () => {
  const metrics = createMetrics("test");
  const unpriced = {
    tenants: new Map(),
    others: { policy: "allow", cap: { input: "10", output: "40" } },
  } as const;
  const prices = { version: "7", has: () => false, find: () => null };
  const job = await world.job();
  await world.run(job, { metrics, prices, catalogue: { ...world.catalogue, unpriced } });
  const [row] = (await world.view(job)).attempts;
  const tokens = Object.fromEntries(
    (await metrics.unpricedTokens.get()).values.map(({ labels, value }) => [labels.direction, value]),
  );
  const { inputTokens, outputTokens } = row?.usage ?? {};
  expect(tokens).toEqual({ input: inputTokens, cached_input: 0, output: outputTokens });
  expect((await metrics.costUsd.get()).values).toEqual([]);
});

test("what a call cost is counted under the class of its tenant, as the ledger has it", async () => {
  const metrics = createMetrics("test");
  const tenantClasses = { names: ["inner", "other"], byTenant: new Map([["acme", "inner"]]) };
  const job = await world.job();
  await world.run(job, { metrics, catalogue: { ...world.catalogue, tenantClasses } });
  const [row] = (await world.view(job)).attempts;
  const { values } = await metrics.costUsd.get();
  const labels = { model: "sim-small", class: "CALCULATION", kind: "invoke", tenant_class: "inner" };
  expect(values).toEqual([{ labels, value: expect.closeTo(Number(row?.costPicoUsd) / 1e12, 15) }]);
});
