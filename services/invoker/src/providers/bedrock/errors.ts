import { SwitchyardError } from "@switchyard/shared/errors";
import type { Answer } from "../exchange.ts";
import { type ErrorBody, parseErrorJson, type RefusalRule, refusalOf } from "../refusal.ts";

const RULES: readonly RefusalRule[] = [
  {
    code: "WINDOW_EXCEEDED",
    text: /input is too long|prompt is too long|too many (input )?tokens|input tokens exceeded|context (length|window)|maximum context/i,
  },
  { code: "CONTENT_FILTERED", text: /content filter|content polic/i },
  { code: "PROVIDER_THROTTLED", words: /^(Throttling|ThrottlingException|ServiceQuotaExceededException)$/ },
  {
    code: "PROVIDER_KEY_REFUSED",
    words:
      /^(ExpiredTokenException|UnrecognizedClientException|InvalidSignatureException|IncompleteSignature|MissingAuthenticationToken|AccessDeniedException)/,
  },
];

/** The error for an answer of Bedrock that is not 2xx. */
export function translateAnswer(answer: Answer): SwitchyardError {
  return refusalOf(answer, readErrorBody(answer), RULES);
}

/** The error for what the client threw before anything was sent. */
export function translateLocal(thrown: unknown): SwitchyardError {
  const name = thrown instanceof Error ? thrown.name : typeof thrown;
  const message = `the Bedrock client could not make the request (${name})`;
  // Credentials that cannot be loaded stop every job until a person mends them, like credentials that are refused.
  const isAboutKeys = /Credentials|Token/.test(name);
  return new SwitchyardError(isAboutKeys ? "PROVIDER_KEY_REFUSED" : "INTERNAL_FAULT", message);
}

/** The exception's name is a header (`Name:url`) or `__type` (`namespace#Name`); the prose is `message`. */
function readErrorBody(answer: Answer): ErrorBody {
  const parsed = parseErrorJson(answer);
  const body = typeof parsed === "object" && parsed !== null ? (parsed as Record<string, unknown>) : {};
  const words = [answer.headers["x-amzn-errortype"], body.__type, body.code]
    .filter((word) => typeof word === "string")
    .map((word) => word.split(":")[0]?.split("#").at(-1) ?? "");
  const text = [body.message, body.Message].find((each) => typeof each === "string");
  return { words, text: typeof text === "string" ? text : "" };
}
