import type { Component } from "./components.ts";

/** Rates in pico-dollars per token. Absent: the provider states none, and tokens of this kind cannot be priced. */
export interface Rates {
  inputPicoUsd?: bigint | undefined;
  cachedInputPicoUsd?: bigint | undefined;
  /** Written to the provider's cache for five minutes, and for an hour. */
  cacheWritePicoUsd?: bigint | undefined;
  cacheWrite1hPicoUsd?: bigint | undefined;
  outputPicoUsd?: bigint | undefined;
  /** Absent: reasoning is billed as any other output. */
  reasoningPicoUsd?: bigint | undefined;
}

/** From how many tokens of prompt on. Whether exactly so many count is the provider's word, so it is data. */
export interface ContextTier {
  comparator: ">" | ">=";
  tokens: number;
}

/** Rates that replace all others, for a service tier, for long prompts, or for both at once. */
export interface PriceTier extends Rates {
  serviceTier: string;
  context?: ContextTier | undefined;
}

/** One entry of the price book. */
export interface Price extends Rates {
  /** Stored on every ledger row that used it. */
  id: string;
  /** Version of the book that the entry came from. */
  bookVersion: string;
  inputPicoUsd: bigint;
  outputPicoUsd: bigint;
  /** For each call, whatever its tokens. */
  requestPicoUsd?: bigint | undefined;
  tiers?: PriceTier[] | undefined;
  /** What the call asks for; absent: nothing, which is `default`. */
  serviceTier?: string | undefined;
  /** Nobody knows the price: the rates are a bound, and no cost comes of them. */
  isCap?: true | undefined;
}

export const DEFAULT_TIER = "default";

const RATE_NAMES = {
  input: "inputPicoUsd",
  cachedInput: "cachedInputPicoUsd",
  cacheWrite: "cacheWritePicoUsd",
  cacheWrite1h: "cacheWrite1hPicoUsd",
  output: "outputPicoUsd",
  reasoning: "reasoningPicoUsd",
} as const satisfies Record<Component, keyof Rates>;

export function rateOf(rates: Rates, component: Component): bigint | undefined {
  const rate = rates[RATE_NAMES[component]];
  return component === "reasoning" ? (rate ?? rates.outputPicoUsd) : rate;
}

/**
 * The rates for a prompt of so many tokens in a service tier, most specific first: those of the tier and of the highest
 * context that the prompt reaches, then those of the tier alone where it reaches none. Null where the book has none:
 * a context that the default tier has is one that every tier must have rates for, because a flat rate beside it is
 * certainly not what a long prompt costs.
 */
export function ratesFor(price: Price, promptTokens: number, serviceTier: string): Rates | null {
  const tiers = tiersOf(price);
  const own = tiers.filter((tier) => tier.serviceTier === serviceTier);
  const reached = tiers
    .filter((tier) => [DEFAULT_TIER, serviceTier].includes(tier.serviceTier))
    .flatMap(({ context }) => (context !== undefined && reaches(context, promptTokens) ? [context] : []))
    .reduce((most, { tokens }) => Math.max(most, tokens), -1);
  return own.find(({ context }) => (context?.tokens ?? -1) === reached) ?? null;
}

/** Every set of rates that a call with at most so many tokens of prompt may be billed at, as far as it was asked for. */
export function possibleRates(price: Price, maxPromptTokens: number): Rates[] {
  const asked = [DEFAULT_TIER, price.serviceTier ?? DEFAULT_TIER];
  return tiersOf(price).filter(
    ({ serviceTier, context }) =>
      asked.includes(serviceTier) && (context === undefined || reaches(context, maxPromptTokens)),
  );
}

function tiersOf({ tiers = [], ...base }: Price): PriceTier[] {
  return [{ ...base, serviceTier: DEFAULT_TIER }, ...tiers];
}

function reaches({ comparator, tokens }: ContextTier, promptTokens: number): boolean {
  return comparator === ">=" ? promptTokens >= tokens : promptTokens > tokens;
}
