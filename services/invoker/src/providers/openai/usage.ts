import { z } from "zod";
import { readCacheWrites, type UsageNote, type UsageReading } from "../usage-reading.ts";

const tokens = z.int().nonnegative();
const optionalTokens = tokens.nullish();
const PromptDetails = z.looseObject({ cached_tokens: optionalTokens, cache_write_tokens: optionalTokens });
const OutputDetails = z.looseObject({ reasoning_tokens: optionalTokens });

/** OpenAI's names of chat completions and of responses, and what other servers and gateways say beside or instead. */
const Body = z.looseObject({
  prompt_tokens: optionalTokens,
  input_tokens: optionalTokens,
  completion_tokens: optionalTokens,
  output_tokens: optionalTokens,
  total_tokens: optionalTokens,
  prompt_tokens_details: PromptDetails.nullish(),
  input_tokens_details: PromptDetails.nullish(),
  completion_tokens_details: OutputDetails.nullish(),
  output_tokens_details: OutputDetails.nullish(),
  /** DeepSeek's own name for `cached_tokens`. */
  prompt_cache_hit_tokens: optionalTokens,
  /** Anthropic's names. */
  cache_read_input_tokens: optionalTokens,
  cache_creation_input_tokens: optionalTokens,
  cache_creation: z
    .looseObject({ ephemeral_5m_input_tokens: optionalTokens, ephemeral_1h_input_tokens: optionalTokens })
    .nullish(),
});
type Body = z.infer<typeof Body>;

const NoCount = { message: "does not say how many tokens" };
/** A usage that names the tokens of the prompt and of the answer. */
export const UsageBody = Body.refine((body) => promptOf(body) !== null, NoCount).refine(
  (body) => outputOf(body) !== null,
  NoCount,
);

/** Servers differ in what their counts contain. */
interface Shape {
  isCacheOutside: boolean;
  isReasoningOutside: boolean;
}

/**
 * The components of a usage. Whether the prompt contains what a cache held, and the output its reasoning, differs from
 * server to server: the total decides, as the one that it is the sum of; without one, the names do.
 */
export function readUsage(body: Body): UsageReading {
  const prompt = promptOf(body) ?? 0;
  const output = outputOf(body) ?? 0;
  const details = body.prompt_tokens_details ?? body.input_tokens_details;
  const cached = details?.cached_tokens ?? body.prompt_cache_hit_tokens ?? body.cache_read_input_tokens ?? 0;
  const writes = readCacheWrites({
    total: details?.cache_write_tokens ?? body.cache_creation_input_tokens ?? null,
    fiveMinutes: body.cache_creation?.ephemeral_5m_input_tokens ?? null,
    oneHour: body.cache_creation?.ephemeral_1h_input_tokens ?? null,
  });
  const reasoning = (body.completion_tokens_details ?? body.output_tokens_details)?.reasoning_tokens ?? 0;
  const fromCache = cached + writes.tokens.cacheWriteTokens;
  const { shape, notes } = shapeOf(body, { prompt, output, fromCache, reasoning });
  const uncached = shape.isCacheOutside ? prompt : prompt - fromCache;
  return {
    usage: {
      inputTokens: Math.max(0, uncached),
      cachedInputTokens: cached,
      ...writes.tokens,
      outputTokens: shape.isReasoningOutside ? output + reasoning : output,
      reasoningTokens: reasoning,
    },
    notes: [...writes.notes, ...notes, ...(uncached < 0 ? (["cached_over_prompt"] as const) : [])],
  };
}

interface Counts {
  prompt: number;
  output: number;
  fromCache: number;
  reasoning: number;
}

function shapeOf(body: Body, counts: Counts): { shape: Shape; notes: UsageNote[] } {
  const { prompt, output, fromCache, reasoning } = counts;
  const byNames: Shape = { isCacheOutside: isNative(body), isReasoningOutside: reasoning > output };
  const total = body.total_tokens ?? null;
  if (total === null)
    return { shape: byNames, notes: byNames.isReasoningOutside ? ["reasoning_outside_assumed"] : [] };
  const shapes = [byNames, ...SHAPES];
  const shape = shapes.find(
    ({ isCacheOutside, isReasoningOutside }) =>
      prompt + output + (isCacheOutside ? fromCache : 0) + (isReasoningOutside ? reasoning : 0) === total,
  );
  return shape === undefined ? { shape: byNames, notes: ["total_mismatch"] } : { shape, notes: [] };
}

const SHAPES: readonly Shape[] = [
  { isCacheOutside: false, isReasoningOutside: false },
  { isCacheOutside: true, isReasoningOutside: false },
  { isCacheOutside: false, isReasoningOutside: true },
  { isCacheOutside: true, isReasoningOutside: true },
];

/** Anthropic's own shape, which counts what a cache held beside the input; in a prompt's count it is contained. */
function isNative(body: Body): boolean {
  const hasNative = (body.cache_read_input_tokens ?? body.cache_creation_input_tokens ?? null) !== null;
  return hasNative && (body.prompt_tokens ?? body.input_tokens_details ?? null) === null;
}

function promptOf(body: Body): number | null {
  return body.prompt_tokens ?? body.input_tokens ?? null;
}

function outputOf(body: Body): number | null {
  return body.completion_tokens ?? body.output_tokens ?? null;
}
