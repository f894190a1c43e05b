/**
 * Mistakes that comparable products have made with money, as calls: what a provider states, at which rates, and what it
 * costs to the last digit. Rates are USD per million tokens. Numbers are those of docs/cost-cases.md.
 */
export interface CostCase {
  n: number;
  name: string;
  wire: "openai" | "bedrock";
  /** An entry of the price book, but for its id and source. */
  price: Record<string, unknown>;
  /** The provider's own usage object. */
  usage: Record<string, unknown>;
  asked?: string;
  served?: string;
  costUsd?: string;
  /** Components without a rate, and what the others come to: then there is no cost. */
  unpriced?: { components: string; pricedUsd: string };
  notes?: string[];
}

const CLAUDE_LONG = {
  ...{ input: "3", cached_input: "0.30", cache_write: "3.75", cache_write_1h: "6", output: "15" },
};
const LONG_TIER = {
  context: { comparator: ">", tokens: 200_000 },
  ...{ input: "6", cached_input: "0.60", output: "22.50" },
};
const TIERED = { ...CLAUDE_LONG, tiers: [LONG_TIER] };
const FLEX = {
  ...{ input: "0.25", cached_input: "0.025", output: "2.00" },
  tiers: [{ service_tier: "flex", input: "0.125", cached_input: "0.0125", output: "1.00" }],
};
const BATCH = {
  ...{ input: "0.30", cached_input: "0.03", output: "2.50" },
  tiers: [
    { service_tier: "batch", input: "0.15", cached_input: "0.02", output: "1.25" },
    {
      ...{ service_tier: "batch", context: { comparator: ">", tokens: 272_000 } },
      ...{ input: "0.30", cached_input: "0.03", output: "1.875" },
    },
  ],
};

const prompt = (tokens: number, completion: number, cached = 0) => ({
  ...{ prompt_tokens: tokens, completion_tokens: completion, total_tokens: tokens + completion },
  prompt_tokens_details: { cached_tokens: cached },
});
const reasoned = (completion: number, reasoning: number, total?: number) => ({
  ...{ prompt_tokens: 324, completion_tokens: completion },
  ...(total === undefined ? {} : { total_tokens: total }),
  completion_tokens_details: { reasoning_tokens: reasoning },
});

const TOKENS: CostCase[] = [
  {
    ...{ n: 1, name: "cached tokens inside the prompt are not counted twice", wire: "openai" },
    price: { input: "2.50", cached_input: "1.25", output: "10.00" },
    usage: prompt(2_006, 300, 1_920),
    costUsd: "0.005615",
  },
  {
    ...{ n: 2, name: "a prompt that is nearly all cached", wire: "openai" },
    price: { input: "1.25", cached_input: "0.625", output: "10" },
    usage: prompt(262_960, 1_744, 257_955),
    costUsd: "0.184918125",
  },
  {
    ...{ n: 3, name: "a cache outside the input, in Anthropic's own names", wire: "openai" },
    price: { input: "1.00", cached_input: "0.10", output: "5.00" },
    usage: { input_tokens: 9, cache_read_input_tokens: 17_102, output_tokens: 50 },
    costUsd: "0.0019692",
  },
  {
    ...{ n: 3, name: "the same call already folded into one prompt", wire: "openai" },
    price: { input: "1.00", cached_input: "0.10", output: "5.00" },
    usage: prompt(17_111, 50, 17_102),
    costUsd: "0.0019692",
  },
  {
    ...{ n: 4, name: "cache writes of five minutes and of an hour", wire: "openai" },
    price: { input: "5", cache_write: "6.25", cache_write_1h: "10", output: "25" },
    usage: {
      ...{ input_tokens: 100, output_tokens: 500, cache_creation_input_tokens: 30_000 },
      cache_creation: { ephemeral_5m_input_tokens: 10_000, ephemeral_1h_input_tokens: 20_000 },
    },
    costUsd: "0.2755",
  },
  {
    ...{
      n: 4,
      name: "cache writes without a time are of five minutes, and said to be assumed",
      wire: "openai",
    },
    price: { input: "5", cache_write: "6.25", cache_write_1h: "10", output: "25" },
    usage: { input_tokens: 100, output_tokens: 500, cache_creation_input_tokens: 30_000 },
    costUsd: "0.2005",
    notes: ["cache_write_ttl_assumed"],
  },
  {
    ...{ n: 5, name: "Bedrock's counts are beside each other", wire: "bedrock" },
    price: { input: "3", cached_input: "0.30", cache_write_1h: "6", output: "15" },
    usage: {
      ...{ inputTokens: 1_000, cacheReadInputTokens: 4_000, cacheWriteInputTokens: 2_000 },
      ...{ outputTokens: 300, totalTokens: 7_300, cacheDetails: [{ ttl: "1h", inputTokens: 2_000 }] },
    },
    costUsd: "0.0207",
  },
  {
    ...{ n: 6, name: "reasoning inside the completion is not counted twice", wire: "openai" },
    price: { input: "30", output: "180" },
    usage: { ...prompt(14_746, 1_944), completion_tokens_details: { reasoning_tokens: 1_360 } },
    costUsd: "0.7923",
  },
  {
    ...{ n: 7, name: "reasoning outside the completion, as the total says", wire: "openai" },
    price: { input: "2", output: "12" },
    usage: reasoned(1_364, 495, 2_183),
    costUsd: "0.022956",
  },
  {
    ...{ n: 7, name: "reasoning inside the completion, as the total says", wire: "openai" },
    price: { input: "2", output: "12" },
    usage: reasoned(1_364, 495, 1_688),
    costUsd: "0.017016",
  },
  {
    ...{ n: 7, name: "a total that says neither is noted", wire: "openai" },
    price: { input: "2", output: "12" },
    usage: reasoned(1_364, 495, 2_000),
    costUsd: "0.017016",
    notes: ["total_mismatch"],
  },
  {
    ...{ n: 8, name: "reasoning at a rate of its own", wire: "openai" },
    price: { input: "1", output: "8", reasoning: "3" },
    usage: {
      ...{ prompt_tokens: 0, completion_tokens: 1_000, total_tokens: 1_000 },
      completion_tokens_details: { reasoning_tokens: 600 },
    },
    costUsd: "0.005",
  },
  {
    ...{ n: 9, name: "more cached than prompt tokens are never a cost below zero", wire: "openai" },
    price: { input: "2", cached_input: "1", output: "4" },
    usage: prompt(100, 10, 150),
    costUsd: "0.00019",
    notes: ["cached_over_prompt"],
  },
  {
    ...{ n: 10, name: "the names of responses in a line of a batch are not 0", wire: "openai" },
    ...{ asked: "batch", price: BATCH },
    usage: { input_tokens: 1_000, output_tokens: 100, total_tokens: 1_100 },
    costUsd: "0.000275",
  },
];

const TIERS: CostCase[] = [
  {
    ...{ n: 11, name: "a long prompt costs the long rates as a whole", wire: "openai", price: TIERED },
    usage: prompt(250_000, 1_000),
    costUsd: "1.5225",
  },
  {
    ...{ n: 12, name: "a prompt at the boundary of >", wire: "openai", price: TIERED },
    usage: prompt(200_000, 1_000),
    costUsd: "0.615",
  },
  {
    ...{ n: 12, name: "a prompt at the boundary of >=", wire: "openai" },
    price: {
      ...CLAUDE_LONG,
      tiers: [{ ...LONG_TIER, context: { comparator: ">=", tokens: 200_000 } }],
    },
    usage: prompt(200_000, 1_000),
    costUsd: "1.2225",
  },
  {
    ...{ n: 13, name: "cached tokens count for the length of a prompt", wire: "bedrock", price: TIERED },
    usage: { inputTokens: 50_000, cacheReadInputTokens: 180_000, outputTokens: 0, totalTokens: 230_000 },
    costUsd: "0.408",
  },
  {
    ...{ n: 14, name: "asked for flex and served by flex", wire: "openai", price: FLEX },
    ...{ asked: "flex", served: "flex", usage: prompt(2_000, 500, 1_000) },
    costUsd: "0.0006375",
  },
  {
    ...{ n: 14, name: "asked for flex and served by default", wire: "openai", price: FLEX },
    ...{ asked: "flex", served: "default", usage: prompt(2_000, 500, 1_000) },
    costUsd: "0.001275",
  },
  {
    ...{ n: 15, name: "a batch where all components are half", wire: "openai", asked: "batch" },
    price: {
      ...{ input: "2", cached_input: "1", output: "8" },
      tiers: [{ service_tier: "batch", input: "1", cached_input: "0.5", output: "4" }],
    },
    usage: prompt(2_000, 100, 1_000),
    costUsd: "0.0019",
  },
  {
    ...{ n: 15, name: "a batch whose cached rate is not half", wire: "openai", asked: "batch" },
    ...{ price: BATCH, usage: prompt(2_000, 100, 1_000) },
    costUsd: "0.000295",
  },
  {
    ...{ n: 16, name: "a long prompt in a batch", wire: "openai", asked: "batch", price: BATCH },
    usage: prompt(300_000, 1_000),
    costUsd: "0.091875",
  },
  {
    ...{ n: 17, name: "an hour in the cache beyond 200,000 tokens has a rate of its own", wire: "bedrock" },
    price: { ...CLAUDE_LONG, tiers: [{ ...LONG_TIER, cache_write_1h: "12" }] },
    usage: {
      ...{ inputTokens: 1_000, cacheWriteInputTokens: 250_000, outputTokens: 100, totalTokens: 251_100 },
      cacheDetails: [{ ttl: "1h", inputTokens: 250_000 }],
    },
    costUsd: "3.00825",
  },
  {
    ...{ n: 17, name: "an hour in the cache beyond 200,000 tokens is unpriced without it", wire: "bedrock" },
    price: TIERED,
    usage: {
      ...{ inputTokens: 1_000, cacheWriteInputTokens: 250_000, outputTokens: 100, totalTokens: 251_100 },
      cacheDetails: [{ ttl: "1h", inputTokens: 250_000 }],
    },
    unpriced: { components: "cacheWrite1h", pricedUsd: "0.00825" },
  },
  {
    ...{ n: 17, name: "a tier without rates for a long prompt is unpriced", wire: "openai" },
    price: { ...TIERED, tiers: [LONG_TIER, { service_tier: "flex", input: "1", output: "5" }] },
    ...{ asked: "flex", usage: prompt(250_000, 1_000) },
    unpriced: { components: "input,output", pricedUsd: "0" },
  },
];

const MISSING: CostCase[] = [
  {
    ...{ n: 20, name: "one component without a rate leaves the whole call unpriced", wire: "openai" },
    price: { input: "2", output: "4" },
    usage: prompt(1_000, 100, 400),
    unpriced: { components: "cachedInput", pricedUsd: "0.0016" },
  },
  {
    ...{ n: 21, name: "a rate of 0 is free", wire: "openai" },
    price: { input: "2", cached_input: "0", output: "4" },
    usage: prompt(1_000, 100, 400),
    costUsd: "0.0016",
  },
  {
    ...{ n: 21, name: "a rate of 0 everywhere is a cost of 0, which is known", wire: "openai" },
    ...{ price: { input: "0", output: "0" }, usage: prompt(1_000, 100) },
    costUsd: "0",
  },
];

export const COST_CASES: readonly CostCase[] = [...TOKENS, ...TIERS, ...MISSING];
