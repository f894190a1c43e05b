import type { ErrorCode } from "@switchyard/shared/errors";
import type { Outcome } from "./providers/index.ts";

/**
 * What can be wrong with a call that brought no answer; bounded, because each is a metric label. `timeout`: its own
 * bound ended it. `outcome_unknown`: it broke off, or its answer could not be read. `fault`: it was ours.
 */
export const CALL_ERRORS = [
  "rate_limited",
  "unavailable",
  "timeout",
  "outcome_unknown",
  "key_refused",
  "refused",
  "content_filtered",
  "context_window",
  "fault",
] as const;
export type CallError = (typeof CALL_ERRORS)[number];

const BY_CODE: Partial<Record<ErrorCode, CallError>> = {
  PROVIDER_THROTTLED: "rate_limited",
  PROVIDER_UNAVAILABLE: "unavailable",
  PROVIDER_OUTCOME_UNKNOWN: "outcome_unknown",
  PROVIDER_KEY_REFUSED: "key_refused",
  PROVIDER_REFUSED: "refused",
  CONTENT_FILTERED: "content_filtered",
  WINDOW_EXCEEDED: "context_window",
};

/** Null where there is an answer, and where the call was withdrawn by us. */
export function callErrorOf(outcome: Outcome): CallError | null {
  if (outcome.kind === "settled" || outcome.kind === "abandoned") return null;
  if (outcome.error.code === "PROCESS_STOPPING") return null;
  if (outcome.isOutOfTime) return "timeout";
  return BY_CODE[outcome.error.code] ?? "fault";
}
