import type { Catalogue, Model } from "@switchyard/shared/catalogue";
import { cappedBook, formatUsd, type Price, type PriceBook } from "@switchyard/shared/pricing";
import { expect, test } from "vitest";
import { job } from "./__fixtures__/rows.ts";
import { termsOf } from "./terms.ts";

const FLEX: Price = {
  ...{ id: "m", bookVersion: "1", serviceTier: "flex", inputPicoUsd: 2n, outputPicoUsd: 4n },
  tiers: [
    { serviceTier: "flex", inputPicoUsd: 1n, outputPicoUsd: 2n },
    // Beyond 200 tokens of prompt flex has no rates.
    {
      ...{ serviceTier: "default", context: { comparator: ">", tokens: 200 } },
      ...{ inputPicoUsd: 4n, outputPicoUsd: 8n },
    },
  ],
};
const BOOK: PriceBook = { version: "1", has: () => true, find: () => FLEX };
const CAPPED = cappedBook(BOOK, { input: "10", output: "40" });
const CAP = { input: 10_000_000n, output: 40_000_000n };

const model = {
  ...{ id: "m", priceId: "m", serviceTier: "flex", bytesPerToken: 4 },
  ...{ windowTokens: 8_000, maxOutputTokens: 10, fallbacks: {}, isActive: true },
} as unknown as Model;
const catalogue = {
  models: new Map([["m", model]]),
  defaults: { deadlineMs: 1, maxOutputTokens: 10 },
} as unknown as Catalogue;

function terms(prices: PriceBook, promptBytes: number, maxCostUsd: string | null = null) {
  const row = job();
  const request = { ...row.request, maxCostUsd, maxOutputTokens: null };
  const view = { job: { ...row, promptBytes, request }, attempts: [] };
  return termsOf({ catalogue, prices, model }, view, { atMs: 0 });
}

test("a call has the price of its prompt as estimated, though the prompt may be longer than that has rates for", () => {
  // 400 bytes are some 116 tokens, and 416 at most.
  const most = 416n * 4n + 10n * 8n;
  expect(terms(BOOK, 400)).toEqual({ price: FLEX, maxOutputTokens: 10, maxCostPicoUsd: most });
  expect(() => terms(BOOK, 800)).toThrow(expect.objectContaining({ code: "PRICE_UNKNOWN" }));
});

test("where there is a cap, the dearer of both bounds the call, and what max_cost_usd leaves for its answer", () => {
  const { price, maxCostPicoUsd } = terms(CAPPED, 400);
  expect(price).toEqual(FLEX);
  expect(maxCostPicoUsd).toBe(416n * CAP.input + 10n * CAP.output);
  const limit = formatUsd(416n * CAP.input + 3n * CAP.output);
  expect(terms(CAPPED, 400, limit).maxOutputTokens).toBe(3);
  // What the price itself certainly has rates for, no cap makes dearer.
  expect(terms(CAPPED, 100).maxCostPicoUsd).toBe(116n * 2n + 10n * 4n);
  expect(terms(CAPPED, 800).price.isCap).toBe(true);
});
