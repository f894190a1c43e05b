import type { IncomingMessage } from "node:http";
import { headerOf } from "../http/exchange.ts";
import { Refusal } from "../wires/refusals.ts";

/** How a caller steers one call. */
export interface CallHeaders {
  /** `x-sim-fault` */
  readonly fault: string | undefined;
  /** `x-sim-latency-ms`: replaces the model's own time, whatever the scale. */
  readonly latencyMs: number | undefined;
  /** `x-sim-cached-tokens`: how much of the prompt counts as read from the cache. */
  readonly cachedTokens: number;
}

const MAX_LATENCY_MS = 3_600_000;

/** Throws a Refusal where a number is none, because a test that is not steered as it believes proves nothing. */
export function readCallHeaders(request: IncomingMessage): CallHeaders {
  return {
    fault: headerOf(request, "x-sim-fault"),
    latencyMs: wholeNumber(request, "x-sim-latency-ms", MAX_LATENCY_MS),
    cachedTokens: wholeNumber(request, "x-sim-cached-tokens", Number.MAX_SAFE_INTEGER) ?? 0,
  };
}

function wholeNumber(request: IncomingMessage, name: string, max: number): number | undefined {
  const text = headerOf(request, name);
  if (text === undefined) return undefined;
  if (!/^\d{1,16}$/.test(text) || Number(text) > max) {
    throw new Refusal("400", `Header ${name} must be a whole number up to ${max}.`);
  }
  return Number(text);
}
