import fc from "fast-check";

export const count = fc.nat({ max: 2 ** 48 });
export const pico = fc.bigInt(0n, 10n ** 30n);
export const text = fc.string({ unit: "grapheme", minLength: 1, maxLength: 12 });

const rates = {
  cachedInputPicoUsd: pico,
  cacheWritePicoUsd: pico,
  cacheWrite1hPicoUsd: pico,
  reasoningPicoUsd: pico,
};
const tier = fc.record(
  {
    serviceTier: text,
    context: fc.record({ comparator: fc.constantFrom(">" as const, ">=" as const), tokens: count }),
    inputPicoUsd: pico,
    outputPicoUsd: pico,
    ...rates,
  },
  { requiredKeys: ["serviceTier"] },
);
/** Any price a row may hold. */
export const price = fc.record(
  {
    id: text,
    bookVersion: text,
    inputPicoUsd: pico,
    outputPicoUsd: pico,
    ...rates,
    requestPicoUsd: pico,
    tiers: fc.array(tier),
    serviceTier: text,
    isCap: fc.constant(true as const),
  },
  { requiredKeys: ["id", "bookVersion", "inputPicoUsd", "outputPicoUsd"] },
);

/** Any usage of a call. */
export const usage = fc.record(
  {
    inputTokens: count,
    cachedInputTokens: count,
    cacheWriteTokens: count,
    cacheWrite1hTokens: count,
    outputTokens: count,
    reasoningTokens: count,
  },
  {
    requiredKeys: ["inputTokens", "cachedInputTokens", "cacheWriteTokens", "outputTokens", "reasoningTokens"],
  },
);
