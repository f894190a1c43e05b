import type { Limits } from "./catalogue.ts";
import type { LimitsFile } from "./catalogue-file.ts";

export function limitsOf(entry: LimitsFile): Limits {
  return {
    requestsPerMinute: entry.requests_per_minute ?? null,
    tokensPerMinute: entry.tokens_per_minute ?? null,
    inFlight: entry.in_flight ?? null,
  };
}
