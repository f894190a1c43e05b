import { SwitchyardError } from "@switchyard/shared/errors";
import type { Answer } from "../exchange.ts";
import { type ErrorBody, parseErrorJson, type RefusalRule, refusalOf } from "../refusal.ts";

/** Names and phrases of OpenAI, Azure, DeepSeek, vLLM and llama.cpp servers. */
const RULES: readonly RefusalRule[] = [
  {
    code: "WINDOW_EXCEEDED",
    words: /^(context_length_exceeded|exceed_context_size_error)$/,
    text: /maximum context length|context window|context size|prompt is too long/i,
  },
  {
    code: "CONTENT_FILTERED",
    words: /^(content_filter|content_policy_violation|ResponsibleAIPolicyViolation)$/,
    text: /content exists risk|content management policy/i,
  },
  // Sent as 429, but no waiting mends it.
  { code: "PROVIDER_KEY_REFUSED", words: /^(insufficient_quota|billing_hard_limit_reached)$/ },
];

/** The error for an answer of an OpenAI-compatible server that is not 2xx. */
export function translateAnswer(answer: Answer): SwitchyardError {
  return refusalOf(answer, readErrorBody(parseErrorJson(answer)), RULES);
}

/** The error for what the SDK threw before anything was sent, e.g. for a key that cannot be a header. */
export function translateLocal(thrown: unknown): SwitchyardError {
  const name = thrown instanceof Error ? thrown.name : typeof thrown;
  // Not passed as the cause: the message of an invalid header quotes the key.
  return new SwitchyardError("INTERNAL_FAULT", `the OpenAI client could not make the request (${name})`);
}

/** `{error: {message, type, code}}`, or the same members at the top, or `{error: "text"}`, `{detail: "text"}`. */
function readErrorBody(body: unknown): ErrorBody {
  const top = membersOf(body);
  const inner = typeof top.error === "object" && top.error !== null ? membersOf(top.error) : top;
  const innerError = membersOf(inner.innererror);
  const words = [inner.code, innerError.code, inner.type]
    .filter((word) => typeof word === "string" || typeof word === "number")
    .map(String);
  const text = [inner.message, top.error, top.detail].find((each) => typeof each === "string");
  return { words, text: typeof text === "string" ? text : "" };
}

function membersOf(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}
