/** What a field of the map is a rate of: of which component, and for which calls. */
export interface RateField {
  component: "input" | "cached_input" | "cache_write" | "cache_write_1h" | "output" | "reasoning";
  serviceTier: string;
  /** For prompts beyond so many tokens; null: for all that have no rates of their own. */
  contextTokens: number | null;
}

const COMPONENTS = {
  input_cost_per_token: "input",
  output_cost_per_token: "output",
  cache_read_input_token_cost: "cached_input",
  input_cost_per_token_cache_hit: "cached_input",
  cache_creation_input_token_cost: "cache_write",
  output_cost_per_reasoning_token: "reasoning",
} as const;
const SERVICE_TIERS: Readonly<Record<string, string>> = {
  flex: "flex",
  priority: "priority",
  batches: "batch",
};

const bases = Object.keys(COMPONENTS)
  // The longest first: one name begins with another.
  .sort((a, b) => b.length - a.length)
  .join("|");
const RATE = new RegExp(
  `^(${bases})(_above_1hr)?(?:_above_(\\d+)k_tokens)?(?:_(${Object.keys(SERVICE_TIERS).join("|")}))?$`,
);

/** Null: the field is no rate of tokens of text. */
export function rateField(name: string): RateField | null {
  const [matched, base, hour, thousands, tier] = RATE.exec(name) ?? [];
  if (matched === undefined) return null;
  const component = COMPONENTS[base as keyof typeof COMPONENTS];
  if (hour !== undefined && component !== "cache_write") return null;
  return {
    component: hour === undefined ? component : "cache_write_1h",
    serviceTier: tier === undefined ? "default" : (SERVICE_TIERS[tier] ?? tier),
    contextTokens: thousands === undefined ? null : Number(thousands) * 1_000,
  };
}

/** USD for each call. */
export const REQUEST_FEE = "input_cost_per_request";

/** Prices of what a call of text never takes: sound, images, film, searches, sessions, storage. */
const OTHER_PRICES =
  /audio|image|video|pixel|character|second|query|session|calls|_gb_|_page|computer_use|uplift_multiplier/;

/** The field is a price, and nobody here knows of what. */
export function isUnknownPrice(name: string): boolean {
  const isPrice = /cost|price|uplift/.test(name) && name !== REQUEST_FEE;
  return isPrice && rateField(name) === null && !OTHER_PRICES.test(name);
}
