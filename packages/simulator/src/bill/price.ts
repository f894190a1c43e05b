import type { ModelPrices } from "../models.ts";

/** The tokens that cost money; `inputTokens` contains `cachedInputTokens`. */
export interface BillableUsage {
  readonly inputTokens: number;
  readonly cachedInputTokens: number;
  readonly outputTokens: number;
}

/** One USD per million tokens is 10^12 / 10^6 pico-dollars a token, so six decimals of a price are whole pico-dollars. */
const PRICE_DECIMALS = 6;

/**
 * What a call costs in pico-dollars (10^-12 USD), exactly. This is the figure a ledger is checked against, so it shares
 * no code with the ledger's own arithmetic.
 */
export function costPicoUsd(prices: ModelPrices, usage: BillableUsage): bigint {
  const uncachedTokens = usage.inputTokens - usage.cachedInputTokens;
  return (
    BigInt(uncachedTokens) * picoUsdPerToken(prices.input) +
    BigInt(usage.cachedInputTokens) * picoUsdPerToken(prices.cachedInput) +
    BigInt(usage.outputTokens) * picoUsdPerToken(prices.output)
  );
}

/** Turns USD per million tokens, "0.15", into pico-dollars per token, 150000n. */
export function picoUsdPerToken(usdPerMillion: string): bigint {
  const [, whole = "", decimals = ""] = /^(\d+)(?:\.(\d{1,6}))?$/.exec(usdPerMillion) ?? [];
  if (whole === "")
    throw new Error(`Not a price in USD per million tokens: ${JSON.stringify(usdPerMillion)}`);
  return BigInt(whole + decimals.padEnd(PRICE_DECIMALS, "0"));
}
