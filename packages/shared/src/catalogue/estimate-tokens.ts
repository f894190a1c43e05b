import type { Model } from "./catalogue.ts";

/**
 * Tokens a provider adds around a prompt: role markers and the start of the answer. OpenAI's chat format takes
 * 3 per message and 3 for the answer; Llama's header about 11 in all. 16 covers both for a short conversation.
 */
export const CALL_OVERHEAD_TOKENS = 16;

/** Prompt tokens of a call, estimated upwards from the size of its text; the provider's count decides the cost. */
export function estimateTokens(model: Pick<Model, "bytesPerToken">, utf8Bytes: number): number {
  return Math.ceil(utf8Bytes / model.bytesPerToken) + CALL_OVERHEAD_TOKENS;
}

/** The most tokens that a prompt can take: a byte-level tokenizer makes at most one token of a byte. */
export function mostTokens(utf8Bytes: number): number {
  return utf8Bytes + CALL_OVERHEAD_TOKENS;
}
