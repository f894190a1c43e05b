import { SwitchyardError } from "@switchyard/shared/errors";
import { estimateUsage } from "./estimate-usage.ts";
import type { Answer, Exchange, ExchangeFailure } from "./exchange.ts";
import type { CompletionRequest, Outcome } from "./provider.ts";
import { parseErrorJson } from "./refusal.ts";
import type { Transport } from "./transport.ts";
import { absurdityOf } from "./usage.ts";
import type { UsageReading } from "./usage-reading.ts";

/** What an adapter found in a 2xx answer. */
export interface Reading {
  text: string;
  finishReason: string;
  model: string;
  /** What the provider counted, and its own words for it; null: it states no usage. */
  counted: (UsageReading & { raw: unknown }) | null;
  serviceTier: string | null;
  /** The id inside the body, for providers that send none as a header. */
  id: string | null;
}

/** What differs between providers; everything else about a call is alike. */
export interface Dialect {
  /** Makes the call through the official client, on the transport, with this exchange. */
  call(request: CompletionRequest, exchange: Exchange): Promise<unknown>;
  /** Checks what the client returned. @throws anything, when it is not a usable completion */
  read(completion: unknown, request: CompletionRequest): Reading;
  /** An answer that is not 2xx. */
  translateAnswer(answer: Answer): SwitchyardError;
  /** Something thrown before anything was sent. */
  translateLocal(thrown: unknown): SwitchyardError;
}

const MAX_RAW_USAGE_LENGTH = 4_096;
const REQUEST_ID_HEADERS = ["x-request-id", "x-amzn-requestid", "request-id"] as const;

/** Makes one call and says what became of it, in the order of certainty: the wire, the status, the body. */
export async function completeWith(
  dialect: Dialect,
  transport: Transport,
  request: CompletionRequest,
): Promise<Outcome> {
  const exchange = transport.open(request);
  let result: { completion: unknown } | { thrown: unknown };
  try {
    result = { completion: await exchange.guard(() => dialect.call(request, exchange)) };
  } catch (thrown) {
    result = { thrown };
  } finally {
    exchange.end();
  }
  const { answer, failure } = exchange;
  if (failure !== null) return outcomeOfFailure(failure, exchange);
  if (answer === null) {
    const error = dialect.translateLocal("thrown" in result ? result.thrown : undefined);
    return { kind: "void", error, providerRequestId: null };
  }
  if (answer.status >= 300) return outcomeOfErrorAnswer(answer, dialect);
  // The SDK's parse errors quote the body, so they are not passed on.
  if ("thrown" in result) return unknown("the provider's answer is not readable", answer);
  return outcomeOfCompletion(result.completion, { dialect, request, answer });
}

function outcomeOfFailure(failure: ExchangeFailure, exchange: Exchange): Outcome {
  const what = failure.cause.message;
  const reason = failure.reason === "deadline" ? { isOutOfTime: true as const } : {};
  if (exchange.isSent) {
    if (failure.reason === "withdrawn") return { kind: "abandoned" };
    const message = failure.reason === "network" ? `the connection broke${codeOf(failure.cause)}` : what;
    return { ...unknown(message, exchange.answer, failure.cause), ...reason };
  }
  const error =
    failure.reason === "withdrawn"
      ? new SwitchyardError("PROCESS_STOPPING", `${what} before it was sent`, { cause: failure.cause })
      : new SwitchyardError("PROVIDER_UNAVAILABLE", `nothing could be sent${codeOf(failure.cause)}`, {
          cause: failure.cause,
        });
  return { kind: "void", error, providerRequestId: null, ...reason };
}

/**
 * An error answer is certainly unbilled when it is a refusal (3xx, 4xx), when it says that the work was not taken
 * up (503, 529), or when it is an error that the provider itself worded. A bare 500, 502 or 504 can come from a
 * gateway that lost a model which did finish; 303 says that the work was done; a usage says that it was billed.
 * A time-out, 408 or 504, says that a model was at work when somebody stopped waiting for it.
 * Redirects are refusals, not outages: a second try would be sent to the same wrong address.
 */
function outcomeOfErrorAnswer(answer: Answer, dialect: Dialect): Outcome {
  const body = parseErrorJson(answer);
  const isObject = typeof body === "object" && body !== null;
  const hasUsage = isObject && "usage" in body && body.usage !== null;
  const isTimeout = [408, 504].includes(answer.status);
  const isRefusal = answer.status !== 303 && (answer.status < 500 || [503, 529].includes(answer.status));
  const isWorded = isObject && Object.keys(body).length > 0 && answer.status >= 500;
  if (hasUsage || isTimeout || !(isRefusal || isWorded))
    return unknown(`the provider answered ${answer.status} and may have done the work`, answer);
  return {
    kind: "void",
    error: dialect.translateAnswer(answer),
    providerRequestId: requestIdOf(answer),
  };
}

function outcomeOfCompletion(
  completion: unknown,
  { dialect, request, answer }: { dialect: Dialect; request: CompletionRequest; answer: Answer },
): Outcome {
  let reading: Reading;
  try {
    reading = dialect.read(completion, request);
  } catch (cause) {
    return unknown("the provider's answer is not a completion with a usage", answer, cause);
  }
  const { id, counted, ...rest } = reading;
  const taken = counted === null ? estimated(request, reading.text) : countedUsage(counted, request);
  if (typeof taken === "string") return unknown(taken, answer);
  return { kind: "settled", ...rest, ...taken, providerRequestId: requestIdOf(answer) ?? plainId(id) };
}

type Taken = Pick<Settled, "usage" | "rawUsage" | "estimate" | "usageNotes">;
type Settled = Extract<Outcome, { kind: "settled" }>;

/** What the provider counted, or why it cannot be booked. */
function countedUsage({ usage, notes, raw }: UsageReading & { raw: unknown }, request: CompletionRequest) {
  const absurdity = absurdityOf(usage, request);
  if (absurdity !== null) return `the provider states ${absurdity}`;
  const rawUsage = JSON.stringify(raw);
  if (rawUsage.length > MAX_RAW_USAGE_LENGTH) return "the provider's usage is too long to store";
  return { usage, rawUsage, estimate: null, usageNotes: notes } satisfies Taken;
}

/** An answer is worth having without a count of its tokens; one that says nothing may not be an answer at all. */
function estimated(request: CompletionRequest, text: string) {
  if (text === "") return "the provider's answer has neither text nor usage";
  const { usage, method } = estimateUsage(request, text);
  return { usage, rawUsage: null, estimate: method, usageNotes: [] } satisfies Taken;
}

function unknown(message: string, answer: Answer | null, cause?: unknown): Outcome & { kind: "unknown" } {
  const error = new SwitchyardError("PROVIDER_OUTCOME_UNKNOWN", message, { cause });
  return { kind: "unknown", error, providerRequestId: answer === null ? null : requestIdOf(answer) };
}

function requestIdOf(answer: Answer): string | null {
  for (const name of REQUEST_ID_HEADERS) {
    const id = plainId(answer.headers[name]);
    if (id !== null) return id;
  }
  return null;
}

function plainId(id: unknown): string | null {
  return typeof id === "string" && /^[\x21-\x7e]{1,200}$/.test(id) ? id : null;
}

/** The system's name of a network failure, e.g. ` (ECONNREFUSED)`. */
function codeOf(error: Error): string {
  const code = "code" in error ? error.code : undefined;
  return typeof code === "string" ? ` (${code})` : "";
}
