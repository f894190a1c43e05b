import {
  ERROR_KINDS,
  type ErrorRow,
  errorRow,
  type SwitchyardError,
  statusOf,
} from "@switchyard/shared/errors";
import type { Response } from "express";

/** The one error body: RFC 9457 members, and OpenAI's `error` object for clients that switch on it. */
export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  code: string;
  request_id?: string;
  /** When the same request may be taken, where that is known and too long for a client to wait by itself. */
  retry_after_seconds?: number;
  errors?: { path: string; code: string; detail: string }[];
  error: { message: string; type: string; param: string | null; code: string };
}

const DEFAULT_RETRY_MS = 2_000;

/**
 * A fault says nothing about its cause, and what is not there looks the same whoever asks and
 * however: a 404 names neither the request nor the path.
 */
export function problemOf(error: SwitchyardError, requestId: string): Problem {
  const row = errorRow(error.code);
  const status = statusOf(error.code);
  const detail =
    status >= 500 && row.kind === "fault" ? "an internal error; its request id is in the log" : error.message;
  const code = row.openaiCode ?? row.api;
  const [first] = error.problems;
  return {
    type: `/docs/errors#${row.api}`,
    title: row.title,
    status,
    detail,
    code: row.api,
    ...(status === 404 ? {} : { request_id: requestId }),
    ...(row.noClientRetry === true && error.retryAfterMs !== undefined
      ? { retry_after_seconds: secondsOf(error.retryAfterMs) }
      : {}),
    ...(error.problems.length > 0 ? { errors: error.problems.map((problem) => ({ ...problem })) } : {}),
    error: { message: detail, type: openaiType(status), param: first?.path || null, code },
  };
}

export function sendProblem(response: Response, error: SwitchyardError): void {
  const row: ErrorRow = errorRow(error.code);
  const status = statusOf(error.code);
  const isWorthRetrying = ERROR_KINDS[row.kind].retriable && row.noClientRetry !== true;
  response.setHeader("x-should-retry", String(isWorthRetrying));
  // Of a budget that is spent it is the truth, though nobody need wait for it.
  const retryAfterMs = error.retryAfterMs ?? (isWorthRetrying ? DEFAULT_RETRY_MS : undefined);
  if (retryAfterMs !== undefined) response.setHeader("Retry-After", secondsOf(retryAfterMs));
  response.setHeader("Cache-Control", "no-store");
  const body = problemOf(error, String(response.getHeader("x-request-id") ?? ""));
  response.status(status).type("application/problem+json").send(JSON.stringify(body));
}

function secondsOf(ms: number): number {
  return Math.max(1, Math.ceil(ms / 1_000));
}

function openaiType(status: number): string {
  if (status === 401 || status === 403) return "authentication_error";
  if (status === 429) return "rate_limit_error";
  return status >= 500 ? "server_error" : "invalid_request_error";
}
