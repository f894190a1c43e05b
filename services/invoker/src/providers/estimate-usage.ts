import { estimateTokens } from "@switchyard/shared/catalogue";
import type { Usage } from "@switchyard/shared/contracts";
import type { CompletionRequest } from "./provider.ts";

export interface EstimatedUsage {
  usage: Usage;
  /** How, for the ledger: nothing else counts tokens so. */
  method: string;
}

/**
 * What a call probably took whose provider states no usage, from the bytes of what was sent and answered. Vocabularies
 * differ from model to model, so the model's own bytes per token stand in for a tokenizer; reasoning is not seen.
 */
export function estimateUsage(request: CompletionRequest, text: string): EstimatedUsage {
  const { messages, bytesPerToken, maxOutputTokens } = request;
  const sentBytes = messages.reduce((sum, { content }) => sum + Buffer.byteLength(content), 0);
  const outputTokens = Math.ceil(Buffer.byteLength(text) / bytesPerToken);
  return {
    method: `utf8-bytes/${bytesPerToken}`,
    usage: {
      inputTokens: estimateTokens({ bytesPerToken }, sentBytes),
      cachedInputTokens: 0,
      cacheWriteTokens: 0,
      outputTokens: Math.min(outputTokens, maxOutputTokens),
      reasoningTokens: 0,
    },
  };
}
