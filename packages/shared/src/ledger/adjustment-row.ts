import { z } from "zod";
import { StoredPrice } from "./stored-price.ts";

export const ADJUSTMENT_REASONS = ["priced", "repriced"] as const;

/**
 * What a later price book says of a settled attempt, whose own row never changes. Of several the last counts. It is
 * never changed either.
 */
export const AdjustmentRow = z.object({
  jobId: z.string(),
  n: z.number(),
  /** 1, 2 … in the order in which they were made. */
  k: z.number(),
  /** `priced`: the attempt had no cost before; `repriced`: it had another. */
  reason: z.enum(ADJUSTMENT_REASONS),
  atMs: z.number(),
  /** The price at the time of the attempt. */
  price: StoredPrice,
  /** What the whole attempt costs at that price. */
  costPicoUsd: z.bigint(),
  baselinePicoUsd: z.bigint().optional(),
  /** What it adds to the totals, by the names there. */
  change: z.record(z.string(), z.bigint()),
  /** The item of the totals that holds its attempt, and its own place in it. */
  totals: z.object({ pk: z.string(), sk: z.string(), slot: z.number() }),
});
export type AdjustmentRow = z.infer<typeof AdjustmentRow>;
