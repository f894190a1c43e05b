import type { SwitchyardError } from "@switchyard/shared/errors";
import { formatUsd, type Price, type PriceBook } from "@switchyard/shared/pricing";
import { watchLeaks } from "@switchyard/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { usingWorld, type World } from "./support.ts";

afterAll(watchLeaks());

let world: World;

beforeAll(async () => {
  world = await usingWorld();
});
afterAll(() => world[Symbol.asyncDispose]());

// sim-small: 0.15 USD in and 0.60 USD out per million tokens.
const INPUT_PICO = 150_000n;
const OUTPUT_PICO = 600_000n;
const LONG = `Repeat: ${"word ".repeat(200)}`;

/** Tokens that the prompt is taken for, as the price of a first attempt tells. */
async function inputBoundPico(prompt: string): Promise<bigint> {
  const job = await world.job({ prompt, request: { maxOutputTokens: 1 } });
  await world.run(job);
  const [row] = (await world.view(job)).attempts;
  return (row?.maxCostPicoUsd ?? 0n) - OUTPUT_PICO;
}

test("max_cost_usd cuts the answer to what it leaves for it, and the cost stays below", async () => {
  const input = await inputBoundPico(LONG);
  expect(input % INPUT_PICO).toBe(0n);
  const limit = input + 5n * OUTPUT_PICO;
  const job = await world.job({ prompt: LONG, request: { maxCostUsd: formatUsd(limit) } });
  await world.run(job);
  const [row] = (await world.view(job)).attempts;
  expect(row).toMatchObject({ state: "settled", finishReason: "length", maxCostPicoUsd: limit });
  expect(row?.usage?.outputTokens).toBe(5);
  expect(row?.costPicoUsd).toBeLessThanOrEqual(limit);
});

test("max_cost_usd that leaves nothing for an answer is a refusal before the call", async () => {
  const limit = (await inputBoundPico(LONG)) + OUTPUT_PICO - 1n;
  const job = await world.job({ prompt: LONG, request: { maxCostUsd: formatUsd(limit) } });
  await expect(world.run(job)).rejects.toMatchObject({ code: "COST_LIMIT_EXCEEDED", isRetriable: false });
  expect((await world.view(job)).attempts).toEqual([]);
  expect(world.billed(job)).toEqual([]);
});

test("max_cost_usd covers all calls of a job: one that may have been billed counts at its bound", async () => {
  const input = await inputBoundPico(LONG);
  const limit = 2n * input + 12n * OUTPUT_PICO;
  const request = { maxCostUsd: formatUsd(limit), maxOutputTokens: 10 };
  const job = await world.job({ prompt: LONG, request });
  await world.run(job, { providerModel: "fault-reset" }).catch(() => {});
  await world.run(job);
  const { attempts } = await world.view(job);
  expect(attempts.map((row) => row.maxCostPicoUsd)).toEqual([
    input + 10n * OUTPUT_PICO,
    input + 2n * OUTPUT_PICO,
  ]);
  const voided = await world.job({ prompt: LONG, request });
  await world.run(voided, { providerModel: "fault-500" }).catch(() => {});
  await world.run(voided);
  const free = await world.view(voided);
  // What was certainly not billed leaves everything to the next call.
  expect(free.attempts.map((row) => row.maxCostPicoUsd)).toEqual(Array(2).fill(input + 10n * OUTPUT_PICO));
});

test("max_cost_usd holds for a model whose answers are free, too", async () => {
  const price: Price = {
    id: "free",
    bookVersion: "1",
    inputPicoUsd: INPUT_PICO,
    outputPicoUsd: 0n,
    cachedInputPicoUsd: 0n,
  };
  const prices: PriceBook = { version: "1", has: () => true, find: () => price };
  const job = await world.job({ request: { maxCostUsd: "0.01" } });
  expect(await world.run(job, { prices })).toMatchObject({ attempt: { n: 1 } });
  const poor = await world.job({ prompt: LONG, request: { maxCostUsd: "0.000000000001" } });
  await expect(world.run(poor, { prices })).rejects.toMatchObject({ code: "COST_LIMIT_EXCEEDED" });
});

test("a model without a price is not called, and a prompt that does not fit is not sent", async () => {
  const prices: PriceBook = { version: "1", has: () => false, find: () => null };
  const unpriced = await world.job();
  await expect(world.run(unpriced, { prices })).rejects.toMatchObject({ code: "PRICE_UNKNOWN" });
  const small = await world.job({ prompt: LONG });
  const model = { ...world.model, windowTokens: 40 };
  const error = (await world.run(small, { model }).catch((thrown: unknown) => thrown)) as SwitchyardError;
  expect(error).toMatchObject({ code: "WINDOW_EXCEEDED", isRetriable: false });
  for (const job of [unpriced, small]) expect((await world.view(job)).attempts).toEqual([]);
});
