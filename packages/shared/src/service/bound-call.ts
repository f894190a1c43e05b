import { estimateTokens, type Model, mostTokens } from "../catalogue/index.ts";
import {
  affordableTokens,
  callPrice,
  type Price,
  type PriceBook,
  worstCasePicoUsd,
} from "../pricing/index.ts";

/** What a call costs, how long its answer may be, and what both come to at most. */
export interface CallBound {
  price: Price;
  maxOutputTokens: number;
  maxCostPicoUsd: bigint;
}

interface Call {
  /** Prices are those of this time. */
  atMs: number;
  promptBytes: number;
  /** The longest answer that there is room for. */
  roomTokens: number;
  /** What the call may cost, which may leave less of an answer, or none. Null: whatever it comes to. */
  limitPicoUsd: bigint | null;
}

/** What bounds a call to a model, for what is reserved and for the call itself alike; null where it has no price. */
export function boundCall(
  prices: PriceBook,
  model: Model,
  { atMs, promptBytes, roomTokens: room, limitPicoUsd }: Call,
): CallBound | null {
  // As routing chooses it: a price need not have rates for so long a prompt as this one cannot well be.
  const price = callPrice(prices, model, { atMs, inputTokens: estimateTokens(model, promptBytes) });
  if (price === null) return null;
  // It may turn out to be as long all the same: then a cap bounds it, where there is one.
  const inputTokens = mostTokens(promptBytes);
  const bounds = [price, callPrice(prices, model, { atMs, inputTokens }) ?? price];
  const maxOutputTokens =
    limitPicoUsd === null
      ? room
      : Math.min(...bounds.map((bound) => affordableTokens(bound, { inputTokens, limitPicoUsd, room })));
  let maxCostPicoUsd = 0n;
  for (const bound of bounds) {
    const picoUsd = worstCasePicoUsd(bound, inputTokens, maxOutputTokens);
    if (picoUsd > maxCostPicoUsd) maxCostPicoUsd = picoUsd;
  }
  return { price, maxOutputTokens, maxCostPicoUsd };
}
