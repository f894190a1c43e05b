import { expect, test } from "vitest";
import { callPrice, cappedBook } from "./cap.ts";
import { affordableTokens, expectedPicoUsd, priceLines, priceUsage, worstCasePicoUsd } from "./price.ts";
import type { PriceBook } from "./price-book.ts";
import type { Price } from "./rates.ts";

const KNOWN: Price = {
  ...{ id: "known", bookVersion: "7", inputPicoUsd: 1n, outputPicoUsd: 2n },
  // Beyond 100 tokens of prompt it has no rate for an answer.
  tiers: [{ serviceTier: "default", context: { comparator: ">", tokens: 100 }, inputPicoUsd: 3n }],
};
const BOOK: PriceBook = {
  version: "7",
  find: ({ priceId }) => (priceId === "known" ? KNOWN : null),
  has: (priceId) => priceId === "known",
};
const CAPPED = cappedBook(BOOK, { input: "10", output: "40.5" });
const CAP = CAPPED.find({ priceId: "new", serviceTier: "flex" }, 0) as Price;
const USAGE = {
  inputTokens: 10,
  cachedInputTokens: 3,
  cacheWriteTokens: 0,
  outputTokens: 2,
  reasoningTokens: 0,
};

test("a cap bounds a call as a price does, at its rates for a million tokens", () => {
  expect(CAP).toMatchObject({ id: "new", bookVersion: "7", serviceTier: "flex", isCap: true });
  expect(worstCasePicoUsd(CAP, 100, 10)).toBe(100n * 10_000_000n + 10n * 40_500_000n);
  expect(expectedPicoUsd(CAP, 100, 10)).toBe(worstCasePicoUsd(CAP, 100, 10));
  const limitPicoUsd = 100n * 10_000_000n + 81_000_000n;
  expect(affordableTokens(CAP, { inputTokens: 100, limitPicoUsd, room: 50 })).toBe(2);
});

test("no cost ever comes of a cap, not even one of 0", () => {
  expect(priceUsage(CAP, USAGE)).toEqual({ unpriced: ["input", "cachedInput", "output"], pricedPicoUsd: 0n });
  expect(priceLines(CAP, USAGE).map(({ costPicoUsd }) => costPicoUsd)).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
  const nothing = { ...USAGE, inputTokens: 0, cachedInputTokens: 0, outputTokens: 0 };
  expect(priceUsage(CAP, nothing)).toEqual({ unpriced: [], pricedPicoUsd: 0n });
});

test("a price that is known is the price, and a cap stands in where it has no rates for so long a prompt", () => {
  const at = (inputTokens: number) => ({ atMs: 0, inputTokens });
  expect(callPrice(CAPPED, { priceId: "known" }, at(100))).toBe(KNOWN);
  expect(callPrice(CAPPED, { priceId: "known" }, at(101))).toMatchObject({ id: "known", isCap: true });
  expect(callPrice(CAPPED, { priceId: "new" }, at(1))).toMatchObject({ id: "new", isCap: true });
  expect(callPrice(BOOK, { priceId: "known" }, at(101))).toBeNull();
  expect(callPrice(BOOK, { priceId: "new" }, at(1))).toBeNull();
});
