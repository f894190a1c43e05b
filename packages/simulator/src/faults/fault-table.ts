import type { RefusalName } from "../wires/refusals.ts";
import type { ClaimedUsage } from "../wires/wire.ts";
import { halveText, nameTokensNaN, type PayloadEdit, repeatUsage, replaceBody } from "./payload-edits.ts";

/** How an answer goes wrong. `share` is how much of it leaves first, as a fraction of its bytes. */
export type Behaviour =
  | { readonly kind: "refuse"; readonly refusal: RefusalName; readonly retryAfterSeconds?: number }
  | { readonly kind: "redirect" }
  | { readonly kind: "hold"; readonly share: 0 | 0.5 }
  | { readonly kind: "break"; readonly share: 0 | 0.5; readonly how: "reset" | "end" }
  | { readonly kind: "trickle"; readonly intervalMs: number }
  | { readonly kind: "flood"; readonly bytes: number; readonly isCompressed: boolean }
  | { readonly kind: "edit"; readonly edit: PayloadEdit }
  | { readonly kind: "nonsense" }
  | { readonly kind: "claim"; readonly model?: string; readonly usage?: ClaimedUsage };

export interface Fault {
  /** A billed fault is on the bill, with the true numbers, before its first byte leaves. */
  readonly isBilled: boolean;
  readonly behaviour: Behaviour;
  /** What the caller sees. */
  readonly summary: string;
}

const FLOOD_BYTES = 100 * 1024 * 1024;

/** Every fault by name: for a header, for a model named `fault-<name>`, and for the seeded mix. */
export const FAULTS = {
  "400": refused("400"),
  "401": refused("401"),
  "403": refused("403"),
  "404": refused("404"),
  "408": refused("408"),
  "409": refused("409"),
  "413": refused("413"),
  "422": refused("422"),
  "429": refused("429", 1),
  "429-no-retry-after": refused("429"),
  "500": refused("500"),
  "502": refused("502"),
  "503": refused("503"),
  "504": refused("504"),
  "529": refused("529"),
  "context-length": refused("context-length"),
  "content-filter": refused("content-filter"),
  redirect: unbilled({ kind: "redirect" }, "302 to a loopback path that no client should ever ask for"),
  "reset-unbilled": unbilled(
    { kind: "break", share: 0, how: "reset" },
    "connection reset, and nothing was billed",
  ),
  "hang-unbilled": unbilled({ kind: "hold", share: 0 }, "no byte ever arrives, and nothing was billed"),

  hang: billed({ kind: "hold", share: 0 }, "no byte ever arrives"),
  stall: billed({ kind: "hold", share: 0.5 }, "half the answer, then nothing for ever"),
  trickle: billed({ kind: "trickle", intervalMs: 100 }, "one byte every 100 ms"),
  reset: billed({ kind: "break", share: 0, how: "reset" }, "connection reset before the first byte"),
  "half-close": billed({ kind: "break", share: 0, how: "end" }, "connection ended before the first byte"),
  truncated: billed(
    { kind: "break", share: 0.5, how: "end" },
    "half the promised bytes, then the connection ends",
  ),
  malformed: billed({ kind: "edit", edit: halveText }, "a complete response whose body is half an answer"),
  empty: billed({ kind: "edit", edit: replaceBody(200, "application/json", "") }, "200 without a body"),
  "204": billed({ kind: "edit", edit: replaceBody(204, undefined, "") }, "204"),
  html: billed(
    {
      kind: "edit",
      edit: replaceBody(200, "text/html", "<!doctype html><title>Sign in</title><h1>Sign in</h1>"),
    },
    "200 with an HTML page",
  ),
  "wrong-type": billed(
    { kind: "edit", edit: replaceBody(200, "application/json", "[42]") },
    "200 with other JSON",
  ),
  "nan-usage": billed(
    { kind: "edit", edit: nameTokensNaN },
    "token counts written as NaN, which is not JSON",
  ),
  "duplicate-keys": billed(
    { kind: "edit", edit: repeatUsage },
    "an empty usage before the true one, under one key",
  ),
  "wrong-model": billed({ kind: "claim", model: "another-model" }, "names another model (OpenAI only)"),
  nonsense: billed({ kind: "nonsense" }, "an answer that has nothing to do with the question"),
  "no-usage": billed({ kind: "claim", usage: null }, "an answer without usage"),
  "null-usage": billed({ kind: "claim", usage: { input: null, output: null } }, "token counts are null"),
  "text-usage": billed({ kind: "claim", usage: { input: "many", output: "some" } }, "token counts are words"),
  "fraction-usage": billed(
    { kind: "claim", usage: { input: 10.5, output: 0.25 } },
    "token counts are not whole",
  ),
  "negative-usage": billed({ kind: "claim", usage: { input: -5, output: -7 } }, "token counts below zero"),
  "absurd-usage": billed({ kind: "claim", usage: { input: 1e15, output: 1e15 } }, "10^15 tokens each way"),
  huge: billed(
    { kind: "flood", bytes: FLOOD_BYTES, isCompressed: false },
    "a right answer padded with 100 MB",
  ),
  "gzip-bomb": billed(
    { kind: "flood", bytes: FLOOD_BYTES, isCompressed: true },
    "the same 100 MB in 100 KB of gzip",
  ),
} as const satisfies Record<string, Fault>;

export type FaultName = keyof typeof FAULTS;
export const FAULT_NAMES: readonly string[] = Object.keys(FAULTS);

export function isFaultName(name: string): name is FaultName {
  return Object.hasOwn(FAULTS, name);
}

function refused(refusal: RefusalName, retryAfterSeconds?: number): Fault {
  return unbilled(
    { kind: "refuse", refusal, ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }) },
    retryAfterSeconds === undefined ? `refused with ${refusal}` : `refused with ${refusal} and Retry-After`,
  );
}

function unbilled(behaviour: Behaviour, summary: string): Fault {
  return { isBilled: false, behaviour, summary };
}

function billed(behaviour: Behaviour, summary: string): Fault {
  return { isBilled: true, behaviour, summary };
}
