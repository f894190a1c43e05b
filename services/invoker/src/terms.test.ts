import type { Catalogue, Model } from "@switchyard/shared/catalogue";
import { SwitchyardError } from "@switchyard/shared/errors";
import type { JobView } from "@switchyard/shared/ledger";
import { cappedBook, formatUsd, type Price, type PriceBook } from "@switchyard/shared/pricing";
import { ceilingOf, pricesFor } from "@switchyard/shared/service";
import fc from "fast-check";
import { expect, test } from "vitest";
import { job } from "./__fixtures__/rows.ts";
import { type TermsOptions, termsOf } from "./terms.ts";

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

test("no call is bounded by more than is reserved for it, whatever its prompt, its limits and the cap", () => {
  const draws = fc.record({
    promptBytes: fc.integer({ min: 1, max: 1_000 }),
    bytesPerToken: fc.integer({ min: 1, max: 6 }),
    maxCostUsd: fc.option(fc.bigInt({ min: 0n, max: 10_000n }).map(formatUsd)),
    // From below all rates of the book to above them.
    cap: fc.option(fc.record({ input: perMillion(), output: perMillion() })),
    name: fc.constantFrom("m", "auto"),
  });
  fc.assert(
    fc.property(draws, ({ promptBytes, bytesPerToken, maxCostUsd, cap, name }) => {
      const drawn = { ...model, bytesPerToken };
      const installation = { catalogue: installed(drawn, cap), prices: BOOK };
      const reservedPicoUsd = ceilingOf(installation, {
        ...{ tenant: "acme", model: name, promptBytes, maxOutputTokens: null, maxCostUsd },
        ...{ bounds: { min: null, max: null }, atMs: 0 },
      });
      const options = { ...installation, prices: pricesFor(installation, "acme"), model: drawn };
      const row = job();
      const request = { ...row.request, maxCostUsd };
      return boundOf(options, { job: { ...row, promptBytes, request }, attempts: [] }) <= reservedPicoUsd;
    }),
  );
});

function perMillion() {
  return fc.integer({ min: 1, max: 20 }).map((picoUsd) => `0.${String(picoUsd).padStart(6, "0")}`);
}

function installed(drawn: Model, cap: { input: string; output: string } | null): Catalogue {
  return {
    ...{ ...catalogue, models: new Map([["m", drawn]]), classifier: { llm: null, holdoutPpm: 0 } },
    routes: { SIMPLE: ["m"], CALCULATION: ["m"], COMPLEX: ["m"] },
    unpriced: { others: { policy: cap === null ? "refuse" : "allow", cap }, tenants: new Map() },
  } as unknown as Catalogue;
}

/** A call that is refused costs nothing. */
function boundOf(options: TermsOptions, view: JobView): bigint {
  try {
    return termsOf(options, view, { atMs: 0 }).maxCostPicoUsd;
  } catch (error) {
    if (error instanceof SwitchyardError) return 0n;
    throw error;
  }
}
