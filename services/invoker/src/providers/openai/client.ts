import OpenAI from "openai";
import { completeWith, type Dialect } from "../call.ts";
import type { Answer, Exchange } from "../exchange.ts";
import type { AnswerSchema, CompletionRequest, ProviderClient, ProviderSettings } from "../provider.ts";
import { Transport } from "../transport.ts";
import { readCompletion } from "./completion.ts";
import { translateAnswer, translateLocal } from "./errors.ts";
import { completionOf, isEventStream } from "./event-stream.ts";
import { type LimitField, limitFieldOf } from "./limit-field.ts";

const OFFICIAL_URL = "https://api.openai.com/v1";

/** The fetch options of one call: the exchange travels through the SDK in them, untouched. */
interface CallInit {
  exchange: Exchange;
}

/** A client for any server that speaks OpenAI's chat completions. */
export function createOpenAiClient(settings: ProviderSettings): ProviderClient {
  const baseURL = settings.baseUrl ?? OFFICIAL_URL;
  const transport = new Transport(settings);
  const sdk = new OpenAI({
    baseURL,
    // A server without a key gets no Authorization header at all.
    apiKey: settings.apiKey ?? "none",
    defaultHeaders: settings.apiKey === null ? { Authorization: null } : {},
    // Set, so that the SDK does not look for them in the environment.
    organization: null,
    project: null,
    maxRetries: 0,
    logLevel: "off",
    fetch: (input, init = {}) => fetchOver(transport, String(input), init),
  });
  const limitField = limitFieldOf(baseURL);
  const dialect: Dialect = {
    call: (request, exchange) => {
      const init: CallInit = { exchange };
      return sdk.chat.completions.create(bodyOf(request, limitField), {
        // The SDK's type is that of another undici than ours; it only spreads the members.
        fetchOptions: init as object,
      });
    },
    read: readCompletion,
    translateAnswer,
    translateLocal,
  };
  return {
    complete: (request) => completeWith(dialect, transport, request),
    close: () => transport.close(),
  };
}

/** The SDK lists OpenAI's tiers; another server may have others. */
type ServiceTier = NonNullable<OpenAI.ChatCompletionCreateParams["service_tier"]>;

function bodyOf(request: CompletionRequest, limitField: LimitField) {
  return {
    model: request.providerModel,
    messages: [...request.messages],
    [limitField]: request.maxOutputTokens,
    ...(request.temperature === undefined ? {} : { temperature: request.temperature }),
    ...(request.serviceTier === undefined ? {} : { service_tier: request.serviceTier as ServiceTier }),
    ...(request.answerSchema === undefined ? {} : { response_format: formatOf(request.answerSchema) }),
  };
}

function formatOf({ name, schema }: AnswerSchema) {
  return { type: "json_schema" as const, json_schema: { name, strict: true, schema: { ...schema } } };
}

/** The SDK's fetch. Everything is read before it returns, so that the exchange's deadline covers the body too. */
async function fetchOver(
  transport: Transport,
  input: string,
  init: RequestInit & Partial<CallInit>,
): Promise<Response> {
  if (init.exchange === undefined) throw new Error("the request belongs to no call");
  const url = new URL(input);
  const answer = await transport.send(init.exchange, {
    origin: url.origin,
    path: url.pathname + url.search,
    method: init.method ?? "POST",
    headers: init.headers as Headers,
    body: init.body as string,
  });
  return responseOf(answer, input);
}

// The SDK parses as JSON what says that it is JSON. Servers that mislabel their JSON are read too, and what is
// none fails to parse, whatever its label.
const JSON_HEADERS = new Headers({ "content-type": "application/json" });

/** Only the members that the SDK reads: a real Response costs a stream, and throws for unusual statuses. */
function responseOf(answer: Answer, url: string): Response {
  const response: Pick<Response, "ok" | "status" | "headers" | "url" | "body" | "text"> = {
    ok: answer.status >= 200 && answer.status < 300,
    status: answer.status,
    headers: JSON_HEADERS,
    url,
    body: null,
    text: async () => {
      const text = answer.body.toString("utf8");
      return isEventStream(text) ? JSON.stringify(completionOf(text)) : text;
    },
  };
  return response as Response;
}
