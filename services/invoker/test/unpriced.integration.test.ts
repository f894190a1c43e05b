import type { UnpricedPolicy } from "@switchyard/shared/catalogue";
import { formatUsd, type PriceBook } from "@switchyard/shared/pricing";
import { watchLeaks } from "@switchyard/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { usingWorld, type World } from "./support.ts";

afterAll(watchLeaks());

let world: World;
beforeAll(async () => {
  world = await usingWorld();
});
afterAll(() => world[Symbol.asyncDispose]());

const NONE: PriceBook = { version: "7", has: () => false, find: () => null };
const ALLOW: UnpricedPolicy = { policy: "allow", cap: { input: "10", output: "40" } };
const OUTPUT_PICO = 40_000_000n;

function as(own: UnpricedPolicy) {
  const others = { policy: "refuse", cap: null } as const;
  const unpriced = { tenants: new Map([["acme", own]]), others };
  return { prices: NONE, catalogue: { ...world.catalogue, unpriced } };
}

test("a call without a price is made where that is allowed: its usage is kept, its cost is unknown, its bound the cap's", async () => {
  const job = await world.job({ request: { maxOutputTokens: 5 } });
  expect(await world.run(job, as(ALLOW))).toMatchObject({ attempt: { n: 1 } });
  const [row] = (await world.view(job)).attempts;
  expect(row).toMatchObject({
    ...{ state: "settled", unpriced: "input,output", resultChunks: 1 },
    price: { id: "simulated/sim-small", bookVersion: "7", isCap: true, outputPicoUsd: OUTPUT_PICO },
  });
  expect(row?.usage?.inputTokens).toBeGreaterThan(0);
  expect([row?.costPicoUsd, row?.baselinePicoUsd]).toEqual([undefined, undefined]);
  expect((row?.maxCostPicoUsd ?? 0n) - 5n * OUTPUT_PICO).toBeGreaterThan(0n);
});

test("max_cost_usd cuts its answer to what the cap leaves for it", async () => {
  const first = await world.job({ request: { maxOutputTokens: 1 } });
  await world.run(first, as(ALLOW));
  const inputPico = ((await world.view(first)).attempts[0]?.maxCostPicoUsd ?? 0n) - OUTPUT_PICO;
  const maxCostUsd = formatUsd(inputPico + 3n * OUTPUT_PICO);
  const job = await world.job({ request: { maxCostUsd } });
  await world.run(job, as(ALLOW));
  const [row] = (await world.view(job)).attempts;
  expect(row?.usage?.outputTokens).toBeLessThanOrEqual(3);
  expect(row?.maxCostPicoUsd).toBe(inputPico + 3n * OUTPUT_PICO);
  const poor = await world.job({ request: { maxCostUsd: formatUsd(inputPico) } });
  await expect(world.run(poor, as(ALLOW))).rejects.toMatchObject({ code: "COST_LIMIT_EXCEEDED" });
});

test("a job whose model lost its price is held where its tenant waits for prices, and goes on once there is one", async () => {
  const job = await world.job();
  const held = { code: "ROW_CONFLICT", isRetriable: true };
  const hold = as({ policy: "hold", cap: null });
  for (let look = 0; look < 2; look += 1) await expect(world.run(job, hold)).rejects.toMatchObject(held);
  const waiting = await world.view(job);
  expect(waiting.job).toMatchObject({ held: { reason: "price_unknown" }, version: job.version + 1 });
  expect(waiting.attempts).toEqual([]);
  await world.run(job, { ...hold, prices: world.prices });
  const { job: moved, attempts } = await world.view(job);
  expect(moved.held).toBeUndefined();
  expect(attempts).toMatchObject([{ state: "settled" }]);
});
