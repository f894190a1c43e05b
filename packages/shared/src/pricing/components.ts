import type { Usage } from "../contracts/index.ts";

/** What tokens are priced by. A usage's components do not overlap: each token is in one of them. */
export const COMPONENTS = [
  "input",
  "cachedInput",
  "cacheWrite",
  "cacheWrite1h",
  "output",
  "reasoning",
] as const;
export type Component = (typeof COMPONENTS)[number];

/** A usage names some tokens twice, as a part of others; here the parts are taken out. */
export function componentsOf(usage: Usage): Record<Component, number> {
  const { cacheWrite1hTokens = 0 } = usage;
  return {
    input: usage.inputTokens,
    cachedInput: usage.cachedInputTokens,
    cacheWrite: usage.cacheWriteTokens - cacheWrite1hTokens,
    cacheWrite1h: cacheWrite1hTokens,
    output: usage.outputTokens - usage.reasoningTokens,
    reasoning: usage.reasoningTokens,
  };
}

/** Every token of the prompt, however it was read: what context tiers go by. */
export function promptTokensOf(usage: Usage): number {
  return usage.inputTokens + usage.cachedInputTokens + usage.cacheWriteTokens;
}
