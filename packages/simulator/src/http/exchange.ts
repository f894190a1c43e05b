import type { IncomingMessage, ServerResponse } from "node:http";
import { Refusal } from "../wires/refusals.ts";

/** One request and its response, as a route gets them. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** The decoded variable part of the path, where the route has one. */
  readonly parameter: string | undefined;
  readonly query: URLSearchParams;
}

const MAX_BODY_BYTES = 8 * 1024 * 1024;

export function headerOf(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value.join(", ") : value;
}

/** Reads a JSON body of at most 8 MB; throws a Refusal for a larger one and for anything that is not JSON. */
export async function readJson(request: IncomingMessage): Promise<unknown> {
  const encoding = headerOf(request, "content-encoding");
  if (encoding !== undefined && encoding !== "identity") {
    throw new Refusal("400", `Content-Encoding ${encoding} is not supported.`);
  }
  const body = await readBody(request);
  try {
    return JSON.parse(body.toString());
  } catch (error) {
    throw new Refusal("400", `The body is not JSON: ${error instanceof Error ? error.message : error}`);
  }
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  // Leaving the loop must not destroy the connection, which has yet to carry the refusal.
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > MAX_BODY_BYTES) throw new Refusal("413", `The body is larger than ${MAX_BODY_BYTES} bytes.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
