import { type ErrorCode, SwitchyardError } from "@switchyard/shared/errors";
import type { Answer } from "./exchange.ts";

/** An error answer as one provider words it. */
export interface ErrorBody {
  /** The provider's own error names, most specific first. */
  words: readonly string[];
  /** Its prose; only matched against, because it may quote the prompt or the key. */
  text: string;
}

/** What an error name or prose of a provider means; the first rule that matches wins over the status. */
export interface RefusalRule {
  code: ErrorCode;
  words?: RegExp;
  text?: RegExp;
}

const MAX_RETRY_AFTER_MS = 3_600_000;
const MAX_MATCHED_LENGTH = 4_096;

/** The answer's body as JSON; undefined when it is none. */
export function parseErrorJson(answer: Answer): unknown {
  try {
    return JSON.parse(answer.body.toString("utf8"));
  } catch {
    return undefined;
  }
}

/** The error for a provider's answer that is not 2xx and was certainly not billed. */
export function refusalOf(answer: Answer, body: ErrorBody, rules: readonly RefusalRule[]): SwitchyardError {
  const rule = answer.status < 500 ? rules.find((each) => matches(each, body, answer.status)) : undefined;
  const retryAfterMs = retryAfterOf(answer);
  const word = body.words.find(isPlainWord);
  // The SDK's error is not passed as the cause: providers quote prompts and keys in their messages.
  return new SwitchyardError(
    rule?.code ?? codeOfStatus(answer.status),
    `the provider answered ${answer.status}${word === undefined ? "" : ` (${word})`}`,
    retryAfterMs === undefined ? {} : { retryAfterMs },
  );
}

function matches(rule: RefusalRule, body: ErrorBody, status: number): boolean {
  if (rule.words !== undefined && body.words.some((word) => rule.words?.test(word))) return true;
  // Only these statuses are about the prompt: a 429 may speak of "too many tokens" too.
  if (status !== 400 && status !== 413 && status !== 422) return false;
  return rule.text?.test(body.text.slice(0, MAX_MATCHED_LENGTH)) === true;
}

function codeOfStatus(status: number): ErrorCode {
  if (status === 429) return "PROVIDER_THROTTLED";
  // 402: the account is out of credit. Like a wrong key it stops every job, and is mended by a person.
  if (status === 401 || status === 402 || status === 403) return "PROVIDER_KEY_REFUSED";
  // 408, 409, 424 and 425 name a condition that passes: waited too long, locked, a dependency failed, too early.
  if (status >= 500 || status === 408 || status === 409 || status === 424 || status === 425)
    return "PROVIDER_UNAVAILABLE";
  return "PROVIDER_REFUSED";
}

/** Names like `rate_limit_exceeded`, `ValidationException`, `1301`; nothing that could be a key or a prompt. */
function isPlainWord(word: string): boolean {
  return /^(?:[A-Za-z_.]{1,48}|\d{1,5})$/.test(word);
}

/** `retry-after-ms`, else Retry-After in seconds or as a date; between 0 and an hour. */
export function retryAfterOf(answer: Answer, nowMs: number = Date.now()): number | undefined {
  const millis = answer.headers["retry-after-ms"];
  const after = answer.headers["retry-after"]?.trim();
  let waitMs = Number.NaN;
  if (typeof millis === "string" && millis.trim() !== "") waitMs = Number(millis);
  if (!Number.isFinite(waitMs) && after !== undefined && after !== "") {
    waitMs = /^\d+(\.\d+)?$/.test(after) ? Number(after) * 1_000 : Date.parse(after) - nowMs;
  }
  if (!Number.isFinite(waitMs)) return undefined;
  return Math.ceil(Math.min(Math.max(waitMs, 0), MAX_RETRY_AFTER_MS));
}
