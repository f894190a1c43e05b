import type { Settlement } from "@switchyard/shared/ledger";
import { watchLeaks } from "@switchyard/testkit";
import { afterAll, afterEach, beforeEach, expect, test } from "vitest";
import { COST, USAGE, usingWorld, type World } from "./support.ts";

afterAll(watchLeaks());

let world: World;
beforeEach(async () => {
  world = await usingWorld();
});
afterEach(() => world[Symbol.asyncDispose]());

/** 10 × 30 + 2 × 70: what the baseline would have cost. */
const BASELINE = 440n;
const UNKNOWN = { code: "PROVIDER_OUTCOME_UNKNOWN", message: "no answer" };

const usd = (picoUsd: bigint) => Number(picoUsd) / 1e12;

/** The series of a metric that are above 0, by the values of their labels. */
async function shown(name: "savingUsd" | "baselineUsd" | "atRiskUsd" | "costUsd" | "unpricedTokens") {
  const { values } = await world.metrics[name].get();
  const above = values.filter(({ value }) => value > 0);
  return Object.fromEntries(above.map(({ labels, value }) => [Object.values(labels).join(" "), value]));
}

async function answered(settlement: Partial<Settlement> = {}) {
  const { job, attempt } = await world.calling();
  const taken = { usage: USAGE, costPicoUsd: COST, baselinePicoUsd: BASELINE };
  await world.ledger.attempts.settle(attempt, {
    ...{ ...taken, providerRequestId: "r", resultChunks: 1, ...settlement },
  });
  return { job, attempt };
}

test("what a job saved is its baseline less all that was paid for it, and what it cost more is told apart", async () => {
  const { job } = await answered();
  await world.settle(job);
  await world.settle(job);
  expect(await shown("savingUsd")).toEqual({ "SIMPLE saved": usd(BASELINE - COST) });
  expect(await shown("baselineUsd")).toEqual({ SIMPLE: usd(BASELINE) });
  const dear = await answered({ costPicoUsd: BASELINE + 7n });
  await world.settle(dear.job);
  expect(await shown("savingUsd")).toMatchObject({ "SIMPLE lost": usd(7n) });
});

test("the judgement that a job was asked for comes off what it saved", async () => {
  const job = await world.job();
  const claimed = await world.call(job);
  const judged = { usage: USAGE, costPicoUsd: 100n, providerRequestId: "r" };
  await world.ledger.attempts.settle({ ...claimed, kind: "classify" }, judged);
  const attempt = await world.call(job);
  await world.answer(attempt);
  await world.settle(job);
  expect(await shown("savingUsd")).toEqual({ "SIMPLE saved": usd(BASELINE - COST - 100n) });
});

test("a job whose cost or baseline nobody knows has saved nothing that is counted", async () => {
  for (const settlement of [
    { baselinePicoUsd: undefined },
    { costPicoUsd: undefined, unpriced: "input" },
  ] as const) {
    const { job } = await answered(settlement as Partial<Settlement>);
    await world.settle(job);
  }
  expect(await shown("savingUsd")).toEqual({});
});

test("a call that stays unknown is at risk for its bound, once, and what it cost after all comes off what is saved", async () => {
  const { job, attempt: first } = await world.calling();
  await world.ledger.attempts.unknown(first, UNKNOWN);
  const second = await world.call(job);
  await world.answer(second);
  await world.settle(job);
  await world.settle(job);
  expect(await shown("atRiskUsd")).toEqual({ "sim-small": usd(1_000n) });
  await world.ledger.attempts.settle(first, { usage: USAGE, costPicoUsd: COST, providerRequestId: "late" });
  await world.settle(job);
  expect(await shown("atRiskUsd")).toEqual({ "sim-small": usd(1_000n) });
  expect(await shown("savingUsd")).toEqual({
    "SIMPLE saved": usd(BASELINE - COST),
    "SIMPLE lost": usd(COST),
  });
});

test("how far the totals are behind is the time from the end of a call until they contain it", async () => {
  const { job } = await answered();
  world.clock.now += 45_000;
  await world.settle(job);
  await world.settle(job);
  const { values } = await world.metrics.ledgerLagSeconds.get();
  const sum = values.find(({ metricName }) => metricName?.endsWith("_sum"))?.value;
  const count = values.find(({ metricName }) => metricName?.endsWith("_count"))?.value;
  expect({ sum, count }).toEqual({ sum: 45, count: 1 });
});

test("a call whose row the invoker could not write is counted by whoever writes it", async () => {
  const { job, attempt } = await world.calling({ tenant: "acme" });
  const facts = { n: attempt.n, usage: USAGE, providerRequestId: "r" };
  await world.settle(job, facts);
  await world.settle(job, facts);
  expect(await shown("costUsd")).toEqual({ "sim-small SIMPLE invoke inner": usd(COST) });
});
