import { expect, it } from "vitest";
import { modelNamed } from "../models.ts";
import { costPicoUsd, picoUsdPerToken } from "./price.ts";

it.each([
  ["0.15", 150_000n],
  ["0.075", 75_000n],
  ["3.00", 3_000_000n],
  ["15", 15_000_000n],
  ["0.000001", 1n],
])("%s USD per million tokens is %s pico-dollars a token", (price, expected) => {
  expect(picoUsdPerToken(price)).toBe(expected);
});

it.each(["", "-1", "1e3", "0.0000001", ".5", "1,5"])("%s is not a price", (price) => {
  expect(() => picoUsdPerToken(price)).toThrow("Not a price");
});

it.each([
  ["sim-small", 1_000 * 150_000 + 500 * 600_000],
  ["sim-math", 1_000 * 550_000 + 500 * 2_190_000],
  ["sim-large", 1_000 * 3_000_000 + 500 * 15_000_000],
  ["some/other-model", 1_000 * 150_000 + 500 * 600_000],
])("%s charges 1,000 tokens in and 500 out at its own prices", (model, expected) => {
  const usage = { inputTokens: 1_000, cachedInputTokens: 0, outputTokens: 500 };
  expect(costPicoUsd(modelNamed(model).prices, usage)).toBe(BigInt(expected));
});

it("cached tokens are part of the input and cost the cached price", () => {
  const usage = { inputTokens: 1_000, cachedInputTokens: 400, outputTokens: 0 };
  expect(costPicoUsd(modelNamed("sim-small").prices, usage)).toBe(600n * 150_000n + 400n * 75_000n);
});

it("a cost beyond what a double can hold is exact", () => {
  const usage = { inputTokens: 9_007_199_254_740_991, cachedInputTokens: 0, outputTokens: 0 };
  expect(costPicoUsd(modelNamed("sim-large").prices, usage)).toBe(27_021_597_764_222_973_000_000n);
});
