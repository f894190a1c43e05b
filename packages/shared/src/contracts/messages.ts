import { z } from "zod";

/** `job_` and 26 characters of Crockford base 32: 130 bits of an HMAC or of a random number. */
export const JobId = z.string().regex(/^job_[0-9a-hjkmnp-tv-z]{26}$/);

const tokens = z.int().nonnegative();

/** Tokens as the provider billed them, in components that do not overlap. */
export const Usage = z.object({
  /** Prompt tokens at the full input price. */
  inputTokens: tokens,
  /** Prompt tokens read from the provider's cache. */
  cachedInputTokens: tokens,
  /** Prompt tokens written to the provider's cache. */
  cacheWriteTokens: tokens,
  /** All generated tokens, reasoning included. */
  outputTokens: tokens,
  /** The part of `outputTokens` that was reasoning; informative, never priced twice. */
  reasoningTokens: tokens,
});
export type Usage = z.infer<typeof Usage>;

const summons = { version: z.literal(1), jobId: JobId, generation: z.int().positive() };

/**
 * Messages are read leniently: a field that a newer version added is dropped, so that during a rolling
 * update an older process can still read what a newer one wrote.
 */

/** A summons to judge a job and choose its model. */
export const ClassifyMessage = z.object(summons);
export type ClassifyMessage = z.infer<typeof ClassifyMessage>;

/** A summons to call a model's provider for a job. */
export const InvokeMessage = z.object({ ...summons, modelId: z.string().min(1) });
export type InvokeMessage = z.infer<typeof InvokeMessage>;

/** What a call took, riding along so that a ledger row which could not be written can be repaired. */
const AttemptFacts = z.object({
  n: z.int().positive(),
  usage: Usage,
  providerRequestId: z.string().nullable(),
});

/** A summons to bring a job's ledger, totals and state to where its attempts say they are. */
export const SettleMessage = z.object({
  ...summons,
  attempt: AttemptFacts.optional(),
  /** The attempt that was cut short by a cancel, whose own summons may be in hand just now. */
  withdrawn: z.int().positive().optional(),
});
export type SettleMessage = z.infer<typeof SettleMessage>;
