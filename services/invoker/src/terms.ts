import {
  type Catalogue,
  estimateTokens,
  type Model,
  mostTokens,
  outputRoomTokens,
} from "@switchyard/shared/catalogue";
import { SwitchyardError } from "@switchyard/shared/errors";
import { type JobView, mostSpentPicoUsd } from "@switchyard/shared/ledger";
import {
  affordableTokens,
  callPrice,
  type Price,
  type PriceBook,
  parseUsd,
  worstCasePicoUsd,
} from "@switchyard/shared/pricing";

export interface TermsOptions {
  catalogue: Catalogue;
  /** With caps only where the call may be made at one. */
  prices: PriceBook;
  model: Model;
}

/** What a call costs, how long its answer may be, and what both come to at most. */
export interface Terms {
  price: Price;
  maxOutputTokens: number;
  maxCostPicoUsd: bigint;
}

interface Asked {
  /** Prices are those of this time. */
  atMs: number;
  /** What is sent, where that is not the job's own prompt. */
  prompt?: { bytes: number; maxOutputTokens: number | null };
}

/**
 * What the call may take, refused before it is made when the job's own limit would be passed.
 * @throws SwitchyardError PRICE_UNKNOWN, WINDOW_EXCEEDED or COST_LIMIT_EXCEEDED.
 */
export function termsOf(
  { catalogue, prices, model }: TermsOptions,
  { job, attempts }: JobView,
  { atMs, prompt = { bytes: job.promptBytes, maxOutputTokens: job.request.maxOutputTokens } }: Asked,
): Terms {
  const inputTokens = mostTokens(prompt.bytes);
  // As routing chooses it: a price need not have rates for so long a prompt as this one cannot well be.
  const price = callPrice(prices, model, { atMs, inputTokens: estimateTokens(model, prompt.bytes) });
  if (price === null)
    throw new SwitchyardError("PRICE_UNKNOWN", `${model.id} has no price: it is not called`);
  const { maxCostUsd } = job.request;
  const room = outputRoomTokens(catalogue, model, prompt);
  if (room <= 0) throw new SwitchyardError("WINDOW_EXCEEDED", `the prompt does not fit ${model.id}`);
  // It may turn out to be as long all the same: then a cap bounds it, where there is one.
  const bounds = [price, callPrice(prices, model, { atMs, inputTokens }) ?? price];
  const spentPicoUsd = mostSpentPicoUsd(attempts);
  const maxOutputTokens =
    maxCostUsd === null
      ? room
      : affordable(bounds, { inputTokens, limitPicoUsd: parseUsd(maxCostUsd) - spentPicoUsd, room });
  if (maxOutputTokens < 1)
    throw new SwitchyardError("COST_LIMIT_EXCEEDED", "max_cost_usd leaves nothing for another call");
  let maxCostPicoUsd = 0n;
  for (const bound of bounds) {
    const picoUsd = worstCasePicoUsd(bound, inputTokens, maxOutputTokens);
    if (picoUsd > maxCostPicoUsd) maxCostPicoUsd = picoUsd;
  }
  return { price, maxOutputTokens, maxCostPicoUsd };
}

function affordable(bounds: readonly Price[], given: Parameters<typeof affordableTokens>[1]): number {
  return Math.min(...bounds.map((price) => affordableTokens(price, given)));
}
