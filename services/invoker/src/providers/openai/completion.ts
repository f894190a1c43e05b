import { z } from "zod";
import type { Reading } from "../call.ts";
import type { CompletionRequest } from "../provider.ts";

const tokens = z.int().nonnegative();
const optionalTokens = tokens.nullish();

const UsageBody = z.looseObject({
  prompt_tokens: tokens,
  completion_tokens: tokens,
  prompt_tokens_details: z
    .looseObject({ cached_tokens: optionalTokens, cache_write_tokens: optionalTokens })
    .nullish(),
  completion_tokens_details: z.looseObject({ reasoning_tokens: optionalTokens }).nullish(),
  /** DeepSeek's own name for `cached_tokens`. */
  prompt_cache_hit_tokens: optionalTokens,
});

const Content = z.union([
  z.string(),
  // Some compatible servers answer in parts; only those with text are the answer.
  z.array(z.looseObject({ text: z.string().optional() })),
]);

const CompletionBody = z.object({
  id: z.string().nullish(),
  model: z.string().nullish(),
  choices: z.tuple(
    [
      z.object({
        message: z.object({ content: Content.nullish(), refusal: z.string().nullish() }),
        finish_reason: z.string().nullish(),
      }),
    ],
    z.unknown(),
  ),
  usage: UsageBody,
});

const MAX_NAME_LENGTH = 256;

/**
 * Reads a chat completion. `prompt_tokens` contains the cached and the written tokens, so they are taken out.
 * @throws ZodError when it is not one, or has no usable usage
 */
export function readCompletion(completion: unknown, request: CompletionRequest): Reading {
  const { id, model, choices, usage } = CompletionBody.parse(completion);
  const { message, finish_reason } = choices[0];
  const cachedInputTokens = usage.prompt_tokens_details?.cached_tokens ?? usage.prompt_cache_hit_tokens ?? 0;
  const cacheWriteTokens = usage.prompt_tokens_details?.cache_write_tokens ?? 0;
  return {
    text: textOf(message.content) || (message.refusal ?? ""),
    finishReason: message.refusal ? "content_filter" : normaliseFinish(finish_reason),
    model: model && model.length <= MAX_NAME_LENGTH ? model : request.providerModel,
    usage: {
      inputTokens: Math.max(0, usage.prompt_tokens - cachedInputTokens - cacheWriteTokens),
      cachedInputTokens,
      cacheWriteTokens,
      outputTokens: usage.completion_tokens,
      reasoningTokens: usage.completion_tokens_details?.reasoning_tokens ?? 0,
    },
    rawUsage: usage,
    id: id ?? null,
  };
}

function textOf(content: z.infer<typeof Content> | null | undefined): string {
  if (content === null || content === undefined) return "";
  return typeof content === "string" ? content : content.map((part) => part.text ?? "").join("");
}

/** OpenAI's words are the normal form; a server that gives none, or an empty one, simply stopped. */
function normaliseFinish(reason: string | null | undefined): string {
  return reason ? reason.slice(0, MAX_NAME_LENGTH) : "stop";
}
