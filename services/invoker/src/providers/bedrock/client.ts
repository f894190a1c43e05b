import {
  BedrockRuntimeClient,
  type BedrockRuntimeClientConfig,
  ConverseCommand,
} from "@aws-sdk/client-bedrock-runtime";
import { completeWith, type Dialect } from "../call.ts";
import type { Exchange } from "../exchange.ts";
import type { ProviderClient, ProviderSettings } from "../provider.ts";
import { Transport } from "../transport.ts";
import { converseInput, readConverse } from "./converse.ts";
import { translateAnswer, translateLocal } from "./errors.ts";

/** What the AWS client takes for its own HTTP handler. */
type Handler = Exclude<BedrockRuntimeClientConfig["requestHandler"], undefined | Record<string, unknown>>;
type HttpHandler = Extract<Handler, { handle: unknown }>;
type HttpRequest = Parameters<HttpHandler["handle"]>[0];

/** The options of one call: the exchange travels through the client in them, untouched. */
interface CallOptions {
  exchange?: Exchange;
  /** Never set; one member of the client's own options makes the types compatible. */
  requestTimeout?: number;
}

const DEFAULT_REGION = "us-east-1";

/** A client for Amazon Bedrock's Converse, whatever model is behind it. */
export function createBedrockClient(settings: ProviderSettings): ProviderClient {
  const transport = new Transport(settings);
  const client = new BedrockRuntimeClient({
    region: settings.region ?? DEFAULT_REGION,
    // The queue is the only retry authority.
    maxAttempts: 1,
    requestHandler: handlerOver(transport),
    ...(settings.baseUrl !== null && { endpoint: settings.baseUrl }),
    ...authOf(settings),
  });
  const dialect: Dialect = {
    call: (request, exchange) => {
      const options: CallOptions = { exchange };
      return client.send(new ConverseCommand(converseInput(request)), options);
    },
    read: readConverse,
    translateAnswer,
    translateLocal,
  };
  return {
    complete: (request) => completeWith(dialect, transport, request),
    close: async () => {
      client.destroy();
      await transport.close();
    },
  };
}

/**
 * A key is a Bedrock API key, sent as a bearer token. Without one, AWS hosts get the standard chain of credentials;
 * any other host gets a token that says nothing, because real credentials are nobody else's business.
 */
function authOf(settings: ProviderSettings): Partial<BedrockRuntimeClientConfig> {
  const isAws =
    settings.baseUrl === null || /(^|\.)amazonaws\.com(\.cn)?$/.test(new URL(settings.baseUrl).hostname);
  if (settings.apiKey === null && isAws) return {};
  return { token: { token: settings.apiKey ?? "none" }, authSchemePreference: ["httpBearerAuth"] };
}

/** The client's HTTP handler. The body is handed over whole, so that the exchange's deadline covers it too. */
function handlerOver(transport: Transport): HttpHandler {
  return {
    metadata: { handlerProtocol: "http/1.1" },
    handle: async (request: HttpRequest, options: CallOptions = {}) => {
      if (options.exchange === undefined) throw new Error("the request belongs to no call");
      const port = request.port === undefined ? "" : `:${request.port}`;
      const answer = await transport.send(options.exchange, {
        origin: `${request.protocol}//${request.hostname}${port}`,
        path: request.path,
        method: request.method,
        headers: Object.entries(request.headers),
        body: request.body as string | Uint8Array,
      });
      const headers: Record<string, string> = {};
      for (const [name, value] of Object.entries(answer.headers)) headers[name] = String(value);
      // A view, because the client changes the prototype of the body that it is given.
      const body = new Uint8Array(answer.body.buffer, answer.body.byteOffset, answer.body.byteLength);
      return { response: { statusCode: answer.status, headers, body } };
    },
    updateHttpClientConfig: () => {},
    httpHandlerConfigs: () => ({}),
  } as HttpHandler;
}
