import { ERROR_KINDS, type ErrorRow, errorRow, type SwitchyardError } from "@switchyard/shared/errors";
import type { Response } from "express";

/** The one error body: RFC 9457 members, and OpenAI's `error` object for clients that switch on it. */
export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  code: string;
  request_id?: string;
  errors?: { path: string; code: string; detail: string }[];
  error: { message: string; type: string; param: string | null; code: string };
}

const DEFAULT_RETRY_MS = 2_000;

export function statusOf(error: SwitchyardError): number {
  const row = errorRow(error.code);
  return row.status ?? ERROR_KINDS[row.kind].status;
}

/**
 * A fault says nothing about its cause, and what is not there looks the same whoever asks and
 * however: a 404 names neither the request nor the path.
 */
export function problemOf(error: SwitchyardError, requestId: string): Problem {
  const row = errorRow(error.code);
  const status = statusOf(error);
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
    ...(error.problems.length > 0 ? { errors: error.problems.map((problem) => ({ ...problem })) } : {}),
    error: { message: detail, type: openaiType(status), param: first?.path || null, code },
  };
}

export function sendProblem(response: Response, error: SwitchyardError): void {
  const row: ErrorRow = errorRow(error.code);
  const status = statusOf(error);
  const isWorthRetrying = ERROR_KINDS[row.kind].retriable && row.noClientRetry !== true;
  response.setHeader("x-should-retry", String(isWorthRetrying));
  if (isWorthRetrying) {
    response.setHeader(
      "Retry-After",
      Math.max(1, Math.ceil((error.retryAfterMs ?? DEFAULT_RETRY_MS) / 1_000)),
    );
  }
  response.setHeader("Cache-Control", "no-store");
  const body = problemOf(error, String(response.getHeader("x-request-id") ?? ""));
  response.status(status).type("application/problem+json").send(JSON.stringify(body));
}

function openaiType(status: number): string {
  if (status === 401 || status === 403) return "authentication_error";
  if (status === 429) return "rate_limit_error";
  return status >= 500 ? "server_error" : "invalid_request_error";
}
