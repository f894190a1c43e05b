import { type Catalogue, type Model, outputRoomTokens } from "@switchyard/shared/catalogue";
import { SwitchyardError } from "@switchyard/shared/errors";
import { type JobView, mostSpentPicoUsd } from "@switchyard/shared/ledger";
import { type PriceBook, parseUsd } from "@switchyard/shared/pricing";
import { boundCall, type CallBound } from "@switchyard/shared/service";

export interface TermsOptions {
  catalogue: Catalogue;
  /** With caps only where the call may be made at one. */
  prices: PriceBook;
  model: Model;
}

/** What bounds the call, with room for an answer. */
export type Terms = CallBound;

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
  const { maxCostUsd } = job.request;
  const limitPicoUsd = maxCostUsd === null ? null : parseUsd(maxCostUsd) - mostSpentPicoUsd(attempts);
  const roomTokens = outputRoomTokens(catalogue, model, prompt);
  const terms = boundCall(prices, model, { atMs, promptBytes: prompt.bytes, roomTokens, limitPicoUsd });
  if (terms === null)
    throw new SwitchyardError("PRICE_UNKNOWN", `${model.id} has no price: it is not called`);
  if (roomTokens <= 0) throw new SwitchyardError("WINDOW_EXCEEDED", `the prompt does not fit ${model.id}`);
  if (terms.maxOutputTokens < 1)
    throw new SwitchyardError("COST_LIMIT_EXCEEDED", "max_cost_usd leaves nothing for another call");
  return terms;
}
