import type { Usage } from "../contracts/index.ts";
import { COMPONENTS, type Component, componentsOf, promptTokensOf } from "./components.ts";
import { DEFAULT_TIER, type Price, possibleRates, type Rates, rateOf, ratesFor } from "./rates.ts";

/** What one kind of tokens of a call costs. A call that has a price of its own is a line of one. */
export interface PriceLine {
  component: Component | "request";
  tokens: number;
  /** Undefined: there are tokens and no rate. */
  costPicoUsd: bigint | undefined;
}

/**
 * What a call cost; or the components that have tokens but no rate, and what the others come to. Then nothing is
 * booked, least of all the priced part as if it were the whole.
 */
export type Priced = { costPicoUsd: bigint } | { unpriced: Component[]; pricedPicoUsd: bigint };

/**
 * The components of a call that have tokens, each with its cost; exact. The tier that served it decides, where the
 * provider says which; else the one that was asked for.
 */
export function priceLines(
  price: Price,
  usage: Usage,
  servedTier: string = price.serviceTier ?? DEFAULT_TIER,
): PriceLine[] {
  const rates = (price.isCap ? null : ratesFor(price, promptTokensOf(usage), servedTier)) ?? {};
  const tokens = componentsOf(usage);
  const lines = COMPONENTS.filter((component) => tokens[component] > 0).map((component): PriceLine => {
    const rate = rateOf(rates, component);
    const costPicoUsd = rate === undefined ? undefined : BigInt(tokens[component]) * rate;
    return { component, tokens: tokens[component], costPicoUsd };
  });
  const { requestPicoUsd } = price;
  if (requestPicoUsd === undefined) return lines;
  return [...lines, { component: "request", tokens: 0, costPicoUsd: requestPicoUsd }];
}

/** cost = tokens × price, summed over the components of the usage; exact. */
export function priceUsage(price: Price, usage: Usage, servedTier?: string): Priced {
  const lines = priceLines(price, usage, servedTier);
  const sum = lines.reduce((total, { costPicoUsd }) => total + (costPicoUsd ?? 0n), 0n);
  const unpriced = lines.flatMap(({ component, costPicoUsd }) =>
    costPicoUsd === undefined && component !== "request" ? [component] : [],
  );
  return unpriced.length === 0 && !price.isCap ? { costPicoUsd: sum } : { unpriced, pricedPicoUsd: sum };
}

/** What a call that asks for nothing from a cache is expected to cost, by a cap at most; null where its tokens have no rate. */
export function expectedPicoUsd(price: Price, inputTokens: number, outputTokens: number): bigint | null {
  const usage = { inputTokens, outputTokens, cachedInputTokens: 0, cacheWriteTokens: 0, reasoningTokens: 0 };
  // A cap is one for every tier.
  const rates = price.isCap ? { ...price, isCap: undefined, serviceTier: undefined } : price;
  const priced = priceUsage(rates, usage);
  return "unpriced" in priced ? null : priced.costPicoUsd;
}

/**
 * The most that a call can cost: every prompt token at the dearest input rate, every allowed token generated, at the
 * dearest of the rates that the call may be billed at.
 */
export function worstCasePicoUsd(price: Price, inputTokens: number, maxOutputTokens: number): bigint {
  const costs = possibleRates(price, inputTokens).map(
    (rates) => BigInt(inputTokens) * dearestInput(rates) + BigInt(maxOutputTokens) * dearestOutput(rates),
  );
  return (price.requestPicoUsd ?? 0n) + largest(costs);
}

/** The longest answer that a limit pays for with certainty, at most `room`; below 1 when not even the prompt is. */
export function affordableTokens(
  price: Price,
  { inputTokens, limitPicoUsd, room }: { inputTokens: number; limitPicoUsd: bigint; room: number },
): number {
  const restPicoUsd = limitPicoUsd - (price.requestPicoUsd ?? 0n);
  const tokens = possibleRates(price, inputTokens).map((rates) => {
    const left = restPicoUsd - BigInt(inputTokens) * dearestInput(rates);
    const rate = dearestOutput(rates);
    if (left < 0n) return 0;
    return rate === 0n ? room : Number(left / rate);
  });
  return Math.min(room, ...tokens);
}

function dearestInput(rates: Rates): bigint {
  return largest(
    (["input", "cachedInput", "cacheWrite", "cacheWrite1h"] as const).map(
      (name) => rateOf(rates, name) ?? 0n,
    ),
  );
}

function dearestOutput(rates: Rates): bigint {
  return largest([rateOf(rates, "output") ?? 0n, rateOf(rates, "reasoning") ?? 0n]);
}

function largest(amounts: readonly bigint[]): bigint {
  let most = 0n;
  for (const amount of amounts) if (amount > most) most = amount;
  return most;
}
