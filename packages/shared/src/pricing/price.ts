import type { Usage } from "../contracts/index.ts";

/** One entry of the price book: rates in pico-dollars per token. */
export interface Price {
  /** Stored on every ledger row that used it. */
  id: string;
  /** Version of the book that the entry came from. */
  bookVersion: string;
  inputPicoUsd: bigint;
  outputPicoUsd: bigint;
  /** Absent: the provider states no such rate, and tokens of this kind cannot be priced. */
  cachedInputPicoUsd?: bigint | undefined;
  cacheWritePicoUsd?: bigint | undefined;
}

/** What a call cost, or the components that have tokens but no rate: then nothing is booked, least of all 0. */
export type Priced = { costPicoUsd: bigint } | { unpriced: ("cachedInput" | "cacheWrite")[] };

/** cost = tokens × price, summed over the components of the usage; exact. */
export function priceUsage(price: Price, usage: Usage): Priced {
  const unpriced: ("cachedInput" | "cacheWrite")[] = [];
  if (usage.cachedInputTokens > 0 && price.cachedInputPicoUsd === undefined) unpriced.push("cachedInput");
  if (usage.cacheWriteTokens > 0 && price.cacheWritePicoUsd === undefined) unpriced.push("cacheWrite");
  if (unpriced.length > 0) return { unpriced };
  const costPicoUsd =
    BigInt(usage.inputTokens) * price.inputPicoUsd +
    BigInt(usage.cachedInputTokens) * (price.cachedInputPicoUsd ?? 0n) +
    BigInt(usage.cacheWriteTokens) * (price.cacheWritePicoUsd ?? 0n) +
    BigInt(usage.outputTokens) * price.outputPicoUsd;
  return { costPicoUsd };
}

/** The most that a call can cost: every prompt token at the dearest input rate, every allowed token generated. */
export function worstCasePicoUsd(price: Price, inputTokens: number, maxOutputTokens: number): bigint {
  const rates = [price.inputPicoUsd, price.cachedInputPicoUsd ?? 0n, price.cacheWritePicoUsd ?? 0n];
  const dearest = rates.reduce((most, rate) => (rate > most ? rate : most));
  return BigInt(inputTokens) * dearest + BigInt(maxOutputTokens) * price.outputPicoUsd;
}
