import { z } from "zod";

const sha256 = z.string().length(64);
const tokens = z.int().min(0);

/** One billed call, as the provider saw it. `inputTokens` contains `cachedInputTokens` on either wire. */
export const BillLine = z.object({
  attemptId: z.string().nullable(),
  jobId: z.string().nullable(),
  requestId: z.string(),
  model: z.string(),
  wire: z.enum(["openai", "bedrock"]),
  inputTokens: tokens,
  cachedInputTokens: tokens,
  outputTokens: tokens,
  costPicoUsd: z.string().regex(/^\d+$/),
  startedAtMs: z.int(),
  /** When the line was written, just before the first byte of the answer; a held answer stays in flight for longer. */
  endedAtMs: z.int(),
  fault: z.string().optional(),
  promptSha256: sha256,
  answerSha256: sha256,
});
export type BillLine = z.infer<typeof BillLine>;
