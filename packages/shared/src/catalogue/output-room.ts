import type { Catalogue, Model } from "./catalogue.ts";
import { estimateTokens } from "./estimate-tokens.ts";

/**
 * Tokens that a model may generate for a prompt: what was asked for, or the default, within the model's
 * own limit and what the prompt leaves of its window. 0 or less: the prompt does not fit.
 */
export function outputRoomTokens(
  catalogue: Catalogue,
  model: Model,
  prompt: { bytes: number; maxOutputTokens: number | null },
): number {
  const wanted = prompt.maxOutputTokens ?? catalogue.defaults.maxOutputTokens;
  return Math.min(wanted, model.maxOutputTokens, model.windowTokens - estimateTokens(model, prompt.bytes));
}
