import { type Catalogue, type Model, mostTokens, outputRoomTokens } from "@switchyard/shared/catalogue";
import { SwitchyardError } from "@switchyard/shared/errors";
import { type JobView, mostSpentPicoUsd } from "@switchyard/shared/ledger";
import { type Price, type PriceBook, parseUsd, worstCasePicoUsd } from "@switchyard/shared/pricing";

export interface TermsOptions {
  catalogue: Catalogue;
  prices: PriceBook;
  model: Model;
}

/** What a call costs, how long its answer may be, and what both come to at most. */
export interface Terms {
  price: Price;
  maxOutputTokens: number;
  maxCostPicoUsd: bigint;
}

/** What is sent, where that is not the job's own prompt. */
interface SentPrompt {
  bytes: number;
  maxOutputTokens: number | null;
}

/**
 * What the call may take, refused before it is made when the job's own limit would be passed.
 * @throws SwitchyardError PRICE_UNKNOWN, WINDOW_EXCEEDED or COST_LIMIT_EXCEEDED.
 */
export function termsOf(
  { catalogue, prices, model }: TermsOptions,
  { job, attempts }: JobView,
  prompt: SentPrompt = { bytes: job.promptBytes, maxOutputTokens: job.request.maxOutputTokens },
): Terms {
  const price: Price | null = prices.find(model.priceId);
  if (price === null)
    throw new SwitchyardError("PRICE_UNKNOWN", `${model.id} has no price: it is not called`);
  const { maxCostUsd } = job.request;
  const room = outputRoomTokens(catalogue, model, prompt);
  if (room <= 0) throw new SwitchyardError("WINDOW_EXCEEDED", `the prompt does not fit ${model.id}`);
  const inputTokens = mostTokens(prompt.bytes);
  const maxCostPicoUsd = worstCasePicoUsd(price, inputTokens, room);
  if (maxCostUsd !== null) {
    const left = parseUsd(maxCostUsd) - mostSpentPicoUsd(attempts);
    const affordable = affordableTokens(left - worstCasePicoUsd(price, inputTokens, 0), price, room);
    if (affordable < 1n) {
      throw new SwitchyardError("COST_LIMIT_EXCEEDED", "max_cost_usd leaves nothing for another call");
    }
    const capped = affordable < BigInt(room) ? Number(affordable) : room;
    return { price, maxOutputTokens: capped, maxCostPicoUsd: worstCasePicoUsd(price, inputTokens, capped) };
  }
  return { price, maxOutputTokens: room, maxCostPicoUsd };
}

/** Tokens of answer that the rest of the limit pays for; where they are free it only has to cover the prompt. */
function affordableTokens(restPicoUsd: bigint, price: Price, room: number): bigint {
  if (restPicoUsd < 0n) return 0n;
  return price.outputPicoUsd === 0n ? BigInt(room) : restPicoUsd / price.outputPicoUsd;
}
