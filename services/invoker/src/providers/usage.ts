import type { Usage } from "@switchyard/shared/contracts";
import type { CompletionRequest } from "./provider.ts";

/** A template or a hidden system prompt of the provider may add this many tokens to any prompt. */
const PROMPT_SLACK_TOKENS = 8_192;
/** Role markers and separators round one message. */
const MESSAGE_SLACK_TOKENS = 64;
/** Servers that count reasoning outside the limit, or round the limit up, stay below twice the limit and this. */
const OUTPUT_SLACK_TOKENS = 4_096;

/**
 * Why a usage cannot be what this call took, or null. A byte-level tokenizer makes at most one token of a byte, so
 * the prompt's own length bounds its tokens; the limit that we sent bounds the output. What lies outside is not
 * booked as stated: the outcome becomes `unknown`, at its worst-case cost.
 */
export function absurdityOf(usage: Usage, request: CompletionRequest): string | null {
  const maxInputTokens = request.messages.reduce(
    (sum, message) => sum + Buffer.byteLength(message.content) + MESSAGE_SLACK_TOKENS,
    PROMPT_SLACK_TOKENS,
  );
  const inputTokens = usage.inputTokens + usage.cachedInputTokens + usage.cacheWriteTokens;
  if (inputTokens > maxInputTokens) return "more input tokens than the prompt has bytes";
  if (usage.outputTokens > 2 * request.maxOutputTokens + OUTPUT_SLACK_TOKENS)
    return "far more output tokens than were allowed";
  if (usage.reasoningTokens > usage.outputTokens) return "more reasoning tokens than output tokens";
  return null;
}
