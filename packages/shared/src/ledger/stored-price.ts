import { z } from "zod";

const storedRates = {
  cachedInputPicoUsd: z.bigint().optional(),
  cacheWritePicoUsd: z.bigint().optional(),
  cacheWrite1hPicoUsd: z.bigint().optional(),
  reasoningPicoUsd: z.bigint().optional(),
};
const StoredPriceTier = z.object({
  serviceTier: z.string(),
  context: z.object({ comparator: z.enum([">", ">="]), tokens: z.number() }).optional(),
  inputPicoUsd: z.bigint().optional(),
  outputPicoUsd: z.bigint().optional(),
  ...storedRates,
});

/** The price an attempt is charged at, with its rates: a row can be priced again without the book. */
export const StoredPrice = z.object({
  id: z.string(),
  bookVersion: z.string(),
  inputPicoUsd: z.bigint(),
  outputPicoUsd: z.bigint(),
  ...storedRates,
  requestPicoUsd: z.bigint().optional(),
  tiers: z.array(StoredPriceTier).optional(),
  serviceTier: z.string().optional(),
  isCap: z.literal(true).optional(),
});
export type StoredPrice = z.infer<typeof StoredPrice>;
