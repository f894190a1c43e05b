import type { Usage } from "@switchyard/shared/contracts";

/** What was odd about a provider's usage, or had to be assumed to read it. */
export const USAGE_NOTES = [
  /** More tokens from the cache than in the whole prompt: none are taken to be at the full price. */
  "cached_over_prompt",
  /** The total is not the sum of the parts, whichever of them contain each other. */
  "total_mismatch",
  /** More reasoning than output, and no total to say so: the output is taken not to contain it. */
  "reasoning_outside_assumed",
  /** Written to the cache for a time that is not stated: taken to be five minutes. */
  "cache_write_ttl_assumed",
  /** The tokens written for each time do not add up to the tokens written. */
  "cache_details_mismatch",
] as const;
export type UsageNote = (typeof USAGE_NOTES)[number];

/** A provider's own usage, in components that do not overlap. */
export interface UsageReading {
  usage: Usage;
  notes: UsageNote[];
}

/** Tokens written to a cache, by how long they stay there; null: not stated. */
interface CacheWrites {
  /** All of them; null: only the parts are stated. */
  total: number | null;
  fiveMinutes: number | null;
  oneHour: number | null;
}

export function readCacheWrites(stated: CacheWrites): {
  tokens: Pick<Usage, "cacheWriteTokens" | "cacheWrite1hTokens">;
  notes: UsageNote[];
} {
  const cacheWrite1hTokens = stated.oneHour ?? 0;
  const detailed = (stated.fiveMinutes ?? 0) + cacheWrite1hTokens;
  const cacheWriteTokens = Math.max(stated.total ?? 0, detailed);
  const isDetailed = stated.fiveMinutes !== null || stated.oneHour !== null;
  const notes: UsageNote[] =
    cacheWriteTokens === detailed && (stated.total ?? detailed) === detailed
      ? []
      : [isDetailed ? "cache_details_mismatch" : "cache_write_ttl_assumed"];
  return { tokens: { cacheWriteTokens, ...(cacheWrite1hTokens === 0 ? {} : { cacheWrite1hTokens }) }, notes };
}

/** Other words for the tier of a call that asked for none. */
const DEFAULT_TIERS = ["default", "standard", "on_demand"];
const TIER_NAME = /^[a-z][a-z_-]{0,31}$/;

/** The tier that served a call, in the words of the price book; null: the provider does not say. */
export function readServiceTier(stated: string | null | undefined): string | null {
  if (!stated || stated === "auto") return null;
  if (DEFAULT_TIERS.includes(stated)) return "default";
  // One that no book can name has no rates, either: the call is unpriced rather than priced at another tier's.
  return TIER_NAME.test(stated) ? stated : "unknown";
}
