import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Usage } from "../contracts/index.ts";
import { formatUsd, parsePricePerMillion, parseUsd } from "./money.ts";
import { priceUsage, worstCasePicoUsd } from "./price.ts";
import type { Price } from "./rates.ts";

const tokens = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
const usages: fc.Arbitrary<Usage> = fc
  .record({
    inputTokens: tokens,
    cachedInputTokens: tokens,
    cacheWriteTokens: tokens,
    outputTokens: tokens,
    reasoningTokens: tokens,
  })
  .map((usage) => ({ ...usage, reasoningTokens: Math.min(usage.reasoningTokens, usage.outputTokens) }));
/** Rates as they are written, in millionths of a dollar per million tokens. */
const rates = fc.record({
  input: fc.nat(10 ** 9),
  cached: fc.nat(10 ** 9),
  write: fc.nat(10 ** 9),
  output: fc.nat(10 ** 9),
});

/** P5: cost is exact, additive, whole and monotone, for any tokens and any rates. */
const RUNS = { numRuns: 1_000 };

function asText(millionths: number): string {
  const digits = String(millionths).padStart(7, "0");
  return `${digits.slice(0, -6)}.${digits.slice(-6)}`;
}

function priceOf(rate: { input: number; cached: number; write: number; output: number }): Price {
  return {
    id: "any/price",
    bookVersion: "1",
    inputPicoUsd: parsePricePerMillion(asText(rate.input)),
    cachedInputPicoUsd: parsePricePerMillion(asText(rate.cached)),
    cacheWritePicoUsd: parsePricePerMillion(asText(rate.write)),
    outputPicoUsd: parsePricePerMillion(asText(rate.output)),
  };
}

function costOf(price: Price, usage: Usage): bigint {
  const priced = priceUsage(price, usage);
  if ("unpriced" in priced) throw new Error(`unpriced: ${priced.unpriced}`);
  return priced.costPicoUsd;
}

describe("priceUsage", () => {
  test("is exact: it equals the fraction Σ tokens × rate ÷ 10⁶ in rational arithmetic", () => {
    fc.assert(
      fc.property(rates, usages, (rate, usage) => {
        const numerator =
          BigInt(usage.inputTokens) * BigInt(rate.input) +
          BigInt(usage.cachedInputTokens) * BigInt(rate.cached) +
          BigInt(usage.cacheWriteTokens) * BigInt(rate.write) +
          BigInt(usage.outputTokens) * BigInt(rate.output);
        // Rates are millionths of a dollar per million tokens, so the dollars are the numerator over 10^12.
        const [dollars, fraction = ""] = formatUsd(costOf(priceOf(rate), usage)).split(".");
        expect(BigInt((dollars ?? "") + fraction) * 10n ** BigInt(12 - fraction.length)).toBe(numerator);
      }),
      RUNS,
    );
  });

  test("is additive: two calls cost what one call with both their tokens costs", () => {
    fc.assert(
      fc.property(rates, usages, usages, (rate, left, right) => {
        const price = priceOf(rate);
        const half = (value: number) => Math.floor(value / 2);
        const [one, two] = [left, right].map(
          (usage): Usage => ({
            inputTokens: half(usage.inputTokens),
            cachedInputTokens: half(usage.cachedInputTokens),
            cacheWriteTokens: half(usage.cacheWriteTokens),
            outputTokens: half(usage.outputTokens),
            reasoningTokens: half(usage.reasoningTokens),
          }),
        ) as [Usage, Usage];
        const both: Usage = {
          inputTokens: one.inputTokens + two.inputTokens,
          cachedInputTokens: one.cachedInputTokens + two.cachedInputTokens,
          cacheWriteTokens: one.cacheWriteTokens + two.cacheWriteTokens,
          outputTokens: one.outputTokens + two.outputTokens,
          reasoningTokens: one.reasoningTokens + two.reasoningTokens,
        };
        return costOf(price, one) + costOf(price, two) === costOf(price, both);
      }),
      RUNS,
    );
  });

  test("is monotone and whole: more tokens of any kind never cost less, and each costs exactly its rate", () => {
    const kinds = ["inputTokens", "cachedInputTokens", "cacheWriteTokens", "outputTokens"] as const;
    const rateOf = {
      inputTokens: "input",
      cachedInputTokens: "cached",
      cacheWriteTokens: "write",
      outputTokens: "output",
    } as const;
    fc.assert(
      fc.property(rates, usages, fc.constantFrom(...kinds), tokens, (rate, usage, kind, more) => {
        const price = priceOf(rate);
        const added = Math.min(more, Number.MAX_SAFE_INTEGER - usage[kind]);
        const grown = costOf(price, { ...usage, [kind]: usage[kind] + added });
        expect(typeof grown).toBe("bigint");
        expect(grown - costOf(price, usage)).toBe(BigInt(added) * BigInt(rate[rateOf[kind]]));
        expect(grown >= costOf(price, usage)).toBe(true);
      }),
      RUNS,
    );
  });

  test("does not price reasoning tokens a second time", () => {
    fc.assert(
      fc.property(rates, usages, tokens, (rate, usage, reasoningTokens) => {
        const price = priceOf(rate);
        const part = Math.min(reasoningTokens, usage.outputTokens);
        return costOf(price, usage) === costOf(price, { ...usage, reasoningTokens: part });
      }),
      RUNS,
    );
  });

  test("one token at the finest rate is one pico-dollar, which is not rounded away", () => {
    const price = priceOf({ input: 1, cached: 0, write: 0, output: 0 });
    const usage = {
      inputTokens: 1,
      cachedInputTokens: 0,
      cacheWriteTokens: 0,
      outputTokens: 0,
      reasoningTokens: 0,
    };
    expect(costOf(price, usage)).toBe(parseUsd("0.000000000001"));
  });

  test("tokens without a rate make the call unpriced, with every missing rate named", () => {
    const price: Price = { id: "a", bookVersion: "1", inputPicoUsd: 5n, outputPicoUsd: 7n };
    const usage = {
      inputTokens: 1,
      cachedInputTokens: 1,
      cacheWriteTokens: 1,
      outputTokens: 1,
      reasoningTokens: 0,
    };
    expect(priceUsage(price, usage)).toEqual({ unpriced: ["cachedInput", "cacheWrite"], pricedPicoUsd: 12n });
    expect(priceUsage(price, { ...usage, cacheWriteTokens: 0 })).toEqual({
      unpriced: ["cachedInput"],
      pricedPicoUsd: 12n,
    });
    expect(priceUsage(price, { ...usage, cachedInputTokens: 0, cacheWriteTokens: 0 })).toEqual({
      costPicoUsd: 12n,
    });
  });
});

describe("worstCasePicoUsd", () => {
  test("is never below what a call within its tokens costs, however the prompt was cached", () => {
    const small = fc.nat(10 ** 6);
    fc.assert(
      fc.property(rates, small, small, small, small, (rate, plain, cached, write, output) => {
        const price = priceOf(rate);
        const usage = {
          inputTokens: plain,
          cachedInputTokens: cached,
          cacheWriteTokens: write,
          outputTokens: output,
          reasoningTokens: 0,
        };
        return worstCasePicoUsd(price, plain + cached + write, output) >= costOf(price, usage);
      }),
      RUNS,
    );
  });
});
