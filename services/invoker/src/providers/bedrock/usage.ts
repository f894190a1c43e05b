import { z } from "zod";
import { readCacheWrites, type UsageReading } from "../usage-reading.ts";

const tokens = z.int().nonnegative();

export const UsageBody = z.looseObject({
  inputTokens: tokens,
  outputTokens: tokens,
  totalTokens: tokens.nullish(),
  cacheReadInputTokens: tokens.nullish(),
  cacheWriteInputTokens: tokens.nullish(),
  cacheDetails: z.array(z.looseObject({ ttl: z.string(), inputTokens: tokens })).nullish(),
});

/** The components of Converse's usage, whose token counts do not overlap. */
export function readUsage(body: z.infer<typeof UsageBody>): UsageReading {
  const writes = readCacheWrites({
    total: body.cacheWriteInputTokens ?? null,
    fiveMinutes: writtenFor(body, "5m"),
    oneHour: writtenFor(body, "1h"),
  });
  const cachedInputTokens = body.cacheReadInputTokens ?? 0;
  const usage = {
    inputTokens: body.inputTokens,
    cachedInputTokens,
    ...writes.tokens,
    outputTokens: body.outputTokens,
    // Converse bills reasoning as output and does not count it apart.
    reasoningTokens: 0,
  };
  const called = body.inputTokens + body.outputTokens;
  // Its reference counts what was sent and generated; in practice what a cache held is part of the total.
  const totals = [called, called + cachedInputTokens + writes.tokens.cacheWriteTokens];
  const isOdd = !totals.includes(body.totalTokens ?? called);
  return { usage, notes: [...writes.notes, ...(isOdd ? (["total_mismatch"] as const) : [])] };
}

/** Null where the times are not stated at all. */
function writtenFor({ cacheDetails }: z.infer<typeof UsageBody>, wanted: string): number | null {
  if (!cacheDetails || cacheDetails.length === 0) return null;
  return cacheDetails
    .filter(({ ttl }) => ttl === wanted)
    .reduce((sum, { inputTokens }) => sum + inputTokens, 0);
}
