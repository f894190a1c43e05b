import { readFileSync } from "node:fs";
import type { Usage } from "@switchyard/shared/contracts";
import { formatUsd, priceUsage, readPriceBook } from "@switchyard/shared/pricing";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { importPrices } from "./import-prices.ts";

/*
 * Every price of a book against arithmetic that shares nothing with ours: fractions of whole numbers, made from the
 * book's own text, and the rules of docs/money.md written down a second time.
 */

const SHIPPED = readFileSync(new URL("../../../../prices.json", import.meta.url), "utf8");
const MAP = readFileSync(new URL("__fixtures__/price-map.json", import.meta.url), "utf8");
const SOURCE = { key: "import-1", title: "map", sha256: "a".repeat(64), from: "2026-09-01" };
const only = ["openai", "anthropic", "bedrock", "deepseek", "xai", "gemini", "groq", "mistral", "azure"];
const IMPORTED =
  importPrices({ map: MAP, book: SHIPPED, bookName: "prices.json", source: SOURCE, only }).text ?? "";

type Fraction = readonly [numerator: bigint, denominator: bigint];
const ZERO: Fraction = [0n, 1n];

function plus([a, b]: Fraction, [c, d]: Fraction): Fraction {
  return [a * d + c * b, b * d];
}

function times(factor: number, [a, b]: Fraction): Fraction {
  return [BigInt(factor) * a, b];
}

function isEqual([a, b]: Fraction, [c, d]: Fraction): boolean {
  return a * d === c * b;
}

function fractionOf(decimal: string): Fraction {
  const [whole = "0", digits = ""] = decimal.split(".");
  return [BigInt(whole + digits), 10n ** BigInt(digits.length)];
}

type Texts = Readonly<Record<string, string | undefined>>;
interface Written {
  id: string;
  rates: Texts;
  fee: string | undefined;
  tiers: { service: string; above: number; isInclusive: boolean; rates: Texts }[];
}

function writtenIn(text: string): Written[] {
  const { prices } = JSON.parse(text) as { prices: (Texts & { id: string; tiers?: unknown })[] };
  return prices.map(({ id, tiers = [], per_request, ...rates }) => ({
    ...{ id, rates, fee: per_request },
    tiers: (tiers as (Texts & { context?: { comparator: string; tokens: number } })[]).map(
      ({ service_tier = "default", context, ...own }) => ({
        service: service_tier,
        above: context?.tokens ?? -1,
        isInclusive: context?.comparator === ">=",
        rates: own as Texts,
      }),
    ),
  }));
}

/** Null: some tokens have no rate. */
function oracle({ rates, fee, tiers }: Written, usage: Usage, service: string): Fraction | null {
  const prompt = usage.inputTokens + usage.cachedInputTokens + usage.cacheWriteTokens;
  const all = [{ service: "default", above: -1, isInclusive: false, rates }, ...tiers];
  const heights = all
    .filter((tier) => tier.service === service || tier.service === "default")
    .filter(({ above, isInclusive }) => above < 0 || (isInclusive ? prompt >= above : prompt > above))
    .map(({ above }) => above);
  const height = Math.max(...heights);
  const at = all.find((tier) => tier.service === service && tier.above === height)?.rates ?? {};
  const hour = usage.cacheWrite1hTokens ?? 0;
  const parts: [number, string | undefined][] = [
    [usage.inputTokens, at["input"]],
    [usage.cachedInputTokens, at["cached_input"]],
    [usage.cacheWriteTokens - hour, at["cache_write"]],
    [hour, at["cache_write_1h"]],
    [usage.outputTokens - usage.reasoningTokens, at["output"]],
    [usage.reasoningTokens, at["reasoning"] ?? at["output"]],
  ];
  let sum: Fraction = fee === undefined ? ZERO : fractionOf(fee);
  for (const [tokens, rate] of parts) {
    if (tokens === 0) continue;
    if (rate === undefined) return null;
    const [numerator, denominator] = times(tokens, fractionOf(rate));
    sum = plus(sum, [numerator, denominator * 1_000_000n]);
  }
  return sum;
}

/** Prompts on both sides of every boundary there is, and far from all of them. */
const edges = [0, 128_000, 200_000, 272_000].flatMap((at) => [Math.max(0, at - 1), at, at + 1]);
const prompts = fc.oneof(fc.constantFrom(...edges), fc.nat(2_000_000));
const percent = fc.nat(100);
const usages: fc.Arbitrary<Usage> = fc
  .tuple(prompts, fc.nat(200_000), fc.tuple(percent, percent, percent, percent))
  .map(([prompt, outputTokens, [cached, written, hour, reasoning]]) => {
    const part = (whole: number, share: number) => Math.floor((whole * share) / 100);
    const cachedInputTokens = part(prompt, cached);
    const cacheWriteTokens = part(prompt - cachedInputTokens, written);
    return {
      ...{ cachedInputTokens, cacheWriteTokens, outputTokens },
      inputTokens: prompt - cachedInputTokens - cacheWriteTokens,
      cacheWrite1hTokens: part(cacheWriteTokens, hour),
      reasoningTokens: part(outputTokens, reasoning),
    };
  });
/** Few prices have a rate for everything. */
const plain = usages.map(
  ({ inputTokens, cachedInputTokens, cacheWriteTokens, ...usage }): Usage => ({
    ...usage,
    inputTokens: inputTokens + cachedInputTokens + cacheWriteTokens,
    ...{ cachedInputTokens: 0, cacheWriteTokens: 0, cacheWrite1hTokens: 0 },
  }),
);
/** So long a prompt with every subset of the kinds of tokens that it may have, besides an answer with reasoning. */
function spread(prompt: number): Usage[] {
  const parts = Array.from({ length: 8 }, (_, bits) => [1, 2, 4].map((bit) => (bits & bit) === bit));
  return parts.map(([isCached, isWritten, isForAnHour]) => {
    const cachedInputTokens = isCached ? Math.floor(prompt / 3) : 0;
    const cacheWriteTokens = isWritten ? Math.floor(prompt / 4) : 0;
    return {
      ...{ cachedInputTokens, cacheWriteTokens, outputTokens: 900, reasoningTokens: 400 },
      inputTokens: prompt - cachedInputTokens - cacheWriteTokens,
      cacheWrite1hTokens: isForAnHour ? Math.floor(cacheWriteTokens / 2) : 0,
    };
  });
}
const services = fc.constantFrom("default", "flex", "priority", "batch", "scale");

describe.each([
  ["the shipped book", SHIPPED, 48],
  ["the imported book", IMPORTED, 80],
])("%s", (_, text, least) => {
  const written = writtenIn(text);
  const book = readPriceBook(text, "prices.json");

  test("is all here", () => {
    expect(written.length).toBeGreaterThanOrEqual(least);
  });

  function compare(entry: Written, usage: Usage, serviceTier: string): void {
    const price = book.find({ priceId: entry.id, serviceTier }, Date.parse("2026-12-01"));
    if (price === null) throw new Error(`${entry.id} has no price`);
    const priced = priceUsage(price, usage);
    const expected = oracle(entry, usage, serviceTier);
    if (expected === null) expect(priced).toHaveProperty("unpriced");
    else if ("unpriced" in priced) expect.unreachable(`unpriced: ${priced.unpriced}`);
    else expect(isEqual(fractionOf(formatUsd(priced.costPicoUsd)), expected)).toBe(true);
  }

  test.each(written)("$id costs what fractions say, for any usage and tier", (entry) => {
    const property = fc.property(fc.oneof(usages, plain), services, (usage, serviceTier) =>
      compare(entry, usage, serviceTier),
    );
    fc.assert(property, { numRuns: 200 });
  });

  test.each(written)(
    "$id costs what fractions say in each of its tiers, on both sides of each boundary",
    (entry) => {
      const own = entry.tiers.flatMap(({ above }) => (above < 0 ? [] : [above - 1, above, above + 1]));
      for (const serviceTier of ["default", "unheard-of", ...entry.tiers.map(({ service }) => service)]) {
        for (const prompt of [0, 1_000, ...own])
          for (const usage of spread(prompt)) compare(entry, usage, serviceTier);
      }
    },
  );
});
