/** What the machinery does with an error; the HTTP status is the default for its kind. */
export const ERROR_KINDS = {
  invalid: { status: 400, retriable: false },
  rejected: { status: 422, retriable: false },
  throttled: { status: 429, retriable: true },
  unavailable: { status: 503, retriable: true },
  fault: { status: 500, retriable: false },
} as const;
export type ErrorKind = keyof typeof ERROR_KINDS;

export interface ErrorRow {
  kind: ErrorKind;
  /** The stable name callers see as `code`. */
  api: string;
  title: string;
  /** HTTP status where it is not the one of the kind. */
  status?: number;
  /** OpenAI's own name where one exists; existing clients switch on it. */
  openaiCode?: string;
  /** Tells official SDKs not to retry a status that they would retry. */
  noClientRetry?: true;
}

/** Every error there is. Codes are NOUN_PROBLEM and are never reused; docs/errors.md has a line for each. */
export const ERRORS = {
  REQUEST_INVALID: { kind: "invalid", api: "validation_failed", title: "Request is not valid" },
  JSON_INVALID: { kind: "invalid", api: "invalid_json", title: "Body is not valid JSON" },
  CURSOR_INVALID: { kind: "invalid", api: "invalid_cursor", title: "Cursor is not valid" },
  KEY_REJECTED: {
    kind: "rejected",
    api: "unauthenticated",
    title: "API key is missing or not valid",
    status: 401,
    openaiCode: "invalid_api_key",
  },
  SCOPE_MISSING: { kind: "rejected", api: "forbidden", title: "API key may not do this", status: 403 },
  RESOURCE_MISSING: { kind: "rejected", api: "not_found", title: "Not found", status: 404 },
  METHOD_WRONG: { kind: "rejected", api: "method_not_allowed", title: "Method not allowed", status: 405 },
  MODEL_UNKNOWN: {
    kind: "rejected",
    api: "unknown_model",
    title: "Model is not known",
    status: 404,
    openaiCode: "model_not_found",
  },
  BODY_TOO_LARGE: { kind: "invalid", api: "payload_too_large", title: "Body is too large", status: 413 },
  MEDIA_TYPE_WRONG: {
    kind: "invalid",
    api: "unsupported_media_type",
    title: "Media type is not supported",
    status: 415,
  },
  IDEMPOTENCY_KEY_REUSED: {
    kind: "rejected",
    api: "idempotency_key_reused",
    title: "Idempotency-Key was used with another body",
    noClientRetry: true,
  },
  CLASS_NOT_ALLOWED: {
    kind: "rejected",
    api: "class_not_allowed",
    title: "API key does not allow this class",
  },
  JOB_NOT_REPLAYABLE: {
    kind: "rejected",
    api: "not_replayable",
    title: "Job is not one that can be replayed",
    status: 409,
    noClientRetry: true,
  },
  JOB_NOT_RATEABLE: {
    kind: "rejected",
    api: "not_rateable",
    title: "Job is not one that feedback can be given on",
    status: 409,
    noClientRetry: true,
  },
  WINDOW_EXCEEDED: {
    kind: "invalid",
    api: "context_window_exceeded",
    title: "Prompt does not fit the model's context window",
    openaiCode: "context_length_exceeded",
  },
  COST_LIMIT_EXCEEDED: { kind: "rejected", api: "max_cost_exceeded", title: "Cost limit would be exceeded" },
  BUDGET_EXCEEDED: {
    kind: "throttled",
    api: "budget_exceeded",
    title: "Budget leaves no room for this job",
    openaiCode: "insufficient_quota",
    noClientRetry: true,
  },
  BUDGET_FIXED: {
    kind: "rejected",
    api: "budget_fixed",
    title: "Budget is set by the configuration file",
    status: 409,
    noClientRetry: true,
  },
  ROUTE_MISSING: { kind: "rejected", api: "no_route", title: "No model can take this job" },
  PRICE_UNKNOWN: { kind: "rejected", api: "price_unknown", title: "Model has no price" },
  PROVIDER_THROTTLED: {
    kind: "throttled",
    api: "rate_limited",
    title: "Provider asks to slow down",
    openaiCode: "rate_limit_exceeded",
  },
  LIMIT_REACHED: { kind: "throttled", api: "rate_limited", title: "A limit of the provider is reached" },
  PROVIDER_UNAVAILABLE: {
    kind: "unavailable",
    api: "provider_unavailable",
    title: "Provider is not available",
    status: 502,
    noClientRetry: true,
  },
  PROVIDER_KEY_REFUSED: {
    kind: "unavailable",
    api: "provider_unavailable",
    title: "Provider refused our credentials",
    status: 502,
    noClientRetry: true,
  },
  PROVIDER_REFUSED: { kind: "rejected", api: "provider_rejected", title: "Provider refused the request" },
  PROVIDER_OUTCOME_UNKNOWN: {
    kind: "unavailable",
    api: "provider_outcome_unknown",
    title: "The outcome of a provider call is unknown",
    status: 502,
    noClientRetry: true,
  },
  OUTCOME_UNRESOLVED: {
    kind: "rejected",
    api: "provider_outcome_unknown",
    title: "The job may have been paid for, and is not paid for again",
    status: 502,
    noClientRetry: true,
  },
  ATTEMPTS_EXHAUSTED: {
    kind: "rejected",
    api: "provider_unavailable",
    title: "Provider did not answer in any attempt",
    status: 502,
    noClientRetry: true,
  },
  CONTENT_FILTERED: {
    kind: "rejected",
    api: "content_filtered",
    title: "Provider refused the content",
    status: 400,
    openaiCode: "content_filter",
  },
  RESULT_LOST: {
    kind: "fault",
    api: "result_lost",
    title: "The answer was paid for but could not be stored",
  },
  JOB_POISONED: { kind: "fault", api: "poison", title: "The job stopped its worker too often" },
  DEADLINE_PASSED: {
    kind: "rejected",
    api: "deadline_exceeded",
    title: "Deadline passed",
    noClientRetry: true,
  },
  ROW_INVALID: { kind: "fault", api: "internal_error", title: "Stored row is not valid" },
  ROW_CONFLICT: { kind: "unavailable", api: "dependency_down", title: "Row was moved by someone else" },
  LEDGER_UNAVAILABLE: { kind: "unavailable", api: "dependency_down", title: "Ledger is not available" },
  QUEUE_UNAVAILABLE: { kind: "unavailable", api: "dependency_down", title: "Queue is not available" },
  LEDGER_UNSUITABLE: { kind: "invalid", api: "internal_error", title: "Table is not suitable", status: 500 },
  REDIS_UNSUITABLE: { kind: "invalid", api: "internal_error", title: "Redis is not suitable", status: 500 },
  PROCESS_OVERLOADED: {
    kind: "unavailable",
    api: "dependency_down",
    title: "Too much waits to be written",
  },
  PROCESS_STOPPING: { kind: "unavailable", api: "shutting_down", title: "Process is shutting down" },
  CONFIG_INVALID: {
    kind: "invalid",
    api: "internal_error",
    title: "Configuration is not valid",
    status: 500,
  },
  INTERNAL_FAULT: { kind: "fault", api: "internal_error", title: "Internal error" },
} as const satisfies Record<string, ErrorRow>;
export type ErrorCode = keyof typeof ERRORS;

export function errorRow(code: ErrorCode): ErrorRow {
  return ERRORS[code];
}

/** The HTTP status that tells of an error. */
export function statusOf(code: ErrorCode): number {
  const row = errorRow(code);
  return row.status ?? ERROR_KINDS[row.kind].status;
}
