/** What one refusal looks like on each wire: the status and the words its official client knows it by. */
interface RefusalShape {
  readonly openai: { readonly status: number; readonly type: string; readonly code: string | null };
  readonly bedrock: { readonly status: number; readonly exception: string };
  readonly message: string;
}

/**
 * Every refusal, by the status it has on the OpenAI wire or, where several share one, by what it is about. Bedrock knows fewer statuses; where it has no such answer,
 * the nearest one it does give stands here.
 */
export const REFUSALS = {
  "400": {
    openai: { status: 400, type: "invalid_request_error", code: null },
    bedrock: { status: 400, exception: "ValidationException" },
    message: "The request is invalid.",
  },
  "401": {
    openai: { status: 401, type: "invalid_request_error", code: "invalid_api_key" },
    bedrock: { status: 403, exception: "UnrecognizedClientException" },
    message: "The credentials are not valid.",
  },
  "403": {
    openai: { status: 403, type: "permission_error", code: "permission_denied" },
    bedrock: { status: 403, exception: "AccessDeniedException" },
    message: "You do not have access to this model.",
  },
  "404": {
    openai: { status: 404, type: "invalid_request_error", code: "model_not_found" },
    bedrock: { status: 404, exception: "ResourceNotFoundException" },
    message: "The model does not exist.",
  },
  "405": {
    openai: { status: 405, type: "invalid_request_error", code: "method_not_allowed" },
    bedrock: { status: 405, exception: "ValidationException" },
    message: "The method is not allowed here.",
  },
  "408": {
    openai: { status: 408, type: "timeout_error", code: "timeout" },
    bedrock: { status: 408, exception: "ModelTimeoutException" },
    message: "The model took too long.",
  },
  "409": {
    openai: { status: 409, type: "conflict_error", code: "conflict" },
    bedrock: { status: 400, exception: "ConflictException" },
    message: "The request conflicts with another one.",
  },
  "413": {
    openai: { status: 413, type: "invalid_request_error", code: "request_too_large" },
    bedrock: { status: 413, exception: "ValidationException" },
    message: "The request body is too large.",
  },
  "422": {
    openai: { status: 422, type: "invalid_request_error", code: "unprocessable" },
    bedrock: { status: 424, exception: "ModelErrorException" },
    message: "The request cannot be processed.",
  },
  "429": {
    openai: { status: 429, type: "rate_limit_error", code: "rate_limit_exceeded" },
    bedrock: { status: 429, exception: "ThrottlingException" },
    message: "Too many requests, please slow down.",
  },
  "500": {
    openai: { status: 500, type: "server_error", code: "server_error" },
    bedrock: { status: 500, exception: "InternalServerException" },
    message: "The server had an error.",
  },
  "502": {
    openai: { status: 502, type: "server_error", code: "bad_gateway" },
    bedrock: { status: 500, exception: "InternalServerException" },
    message: "The model could not be reached.",
  },
  "503": {
    openai: { status: 503, type: "server_error", code: "service_unavailable" },
    bedrock: { status: 503, exception: "ServiceUnavailableException" },
    message: "The service is not available, please try again.",
  },
  "504": {
    openai: { status: 504, type: "server_error", code: "gateway_timeout" },
    bedrock: { status: 408, exception: "ModelTimeoutException" },
    message: "The model did not answer in time.",
  },
  "529": {
    openai: { status: 529, type: "server_error", code: "overloaded" },
    bedrock: { status: 503, exception: "ServiceUnavailableException" },
    message: "The service is overloaded.",
  },
  "context-length": {
    openai: { status: 400, type: "invalid_request_error", code: "context_length_exceeded" },
    bedrock: { status: 400, exception: "ValidationException" },
    message: "Input is too long for the requested model: maximum context length exceeded.",
  },
  "content-filter": {
    openai: { status: 400, type: "invalid_request_error", code: "content_filter" },
    bedrock: { status: 400, exception: "ValidationException" },
    message: "The prompt was refused by the content filter.",
  },
} as const satisfies Record<string, RefusalShape>;

export type RefusalName = keyof typeof REFUSALS;

/** A request that gets an error instead of an answer, and is not billed. */
export class Refusal extends Error {
  readonly refusal: RefusalName;
  readonly retryAfterSeconds: number | undefined;

  constructor(refusal: RefusalName, message: string = REFUSALS[refusal].message, retryAfterSeconds?: number) {
    super(message);
    this.refusal = refusal;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}
