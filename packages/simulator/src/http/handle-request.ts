import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { sendWhole } from "../calls/deliver.ts";
import { openaiWire } from "../wires/openai.ts";
import { Refusal } from "../wires/refusals.ts";
import type { Exchange } from "./exchange.ts";
import { ROUTES, type RouteContext } from "./routes.ts";

/** Answers one request. Never rejects: what goes wrong outside a call is told in OpenAI's error shape. */
export async function handleRequest(
  context: RouteContext,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  // A reset connection is reported to the response too, and an unheard error would end the process.
  response.on("error", () => undefined);
  try {
    await route(context, request, response);
  } catch (error) {
    if (response.headersSent) response.destroy();
    else {
      const refusal = error instanceof Refusal ? error : new Refusal("500", String(error));
      sendWhole(response, openaiWire.renderRefusal(refusal, `req_${randomUUID()}`));
    }
  }
  // A client that is still sending reads the refusal only after its body was taken off its hands.
  request.resume();
}

async function route(
  context: RouteContext,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const [path = "", query = ""] = (request.url ?? "").split("?", 2);
  const candidates = ROUTES.filter(({ path: pattern }) => pattern.test(path));
  const found = candidates.find(({ method }) => method === "*" || method === request.method);
  if (found === undefined) {
    if (candidates.length > 0) throw new Refusal("405");
    throw new Refusal("404", `There is nothing at ${request.method} ${path.slice(0, 200)}.`);
  }
  const exchange: Exchange = {
    request,
    response,
    parameter: decode(found.path.exec(path)?.[1]),
    query: new URLSearchParams(query),
  };
  await found.serve(context, exchange);
}

function decode(parameter: string | undefined): string | undefined {
  try {
    return parameter === undefined ? undefined : decodeURIComponent(parameter);
  } catch {
    throw new Refusal("400", "The path is not valid percent-encoding.");
  }
}
