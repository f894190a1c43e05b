import { z } from "zod";

const tokens = z.int().nonnegative();

/** Tokens as the provider billed them, in components that do not overlap but for the two that are named parts. */
export const Usage = z.object({
  /** Prompt tokens at the full input price. */
  inputTokens: tokens,
  /** Prompt tokens read from the provider's cache. */
  cachedInputTokens: tokens,
  /** Prompt tokens written to the provider's cache. */
  cacheWriteTokens: tokens,
  /** The part of `cacheWriteTokens` that is kept for an hour, which costs more; absent: none. */
  cacheWrite1hTokens: tokens.exactOptional(),
  /** All generated tokens, reasoning included. */
  outputTokens: tokens,
  /** The part of `outputTokens` that was reasoning; never priced twice. */
  reasoningTokens: tokens,
});
export type Usage = z.infer<typeof Usage>;
