import type { ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { setTimeout as pause } from "node:timers/promises";
import { createGzip } from "node:zlib";
import type { Behaviour } from "../faults/fault-table.ts";
import { isEventStream, type Payload } from "../wires/wire.ts";

export interface Delivery {
  readonly response: ServerResponse;
  readonly payload: Payload;
  /** Undefined delivers the payload as it is. */
  readonly behaviour: Behaviour | undefined;
  /** Time over which the parts of a stream are spread. */
  readonly streamMs: number;
  /** Aborted when the caller has gone. */
  readonly signal: AbortSignal;
}

/** Where a redirect points. It answers, so that a client that follows it is found out by its counter. */
export const REDIRECT_TARGET = "/redirect-target";
const FLOOD_CHUNK = "x".repeat(65_536);

/** Sends an answer, or whatever a fault makes of it. Resolves when nothing more will be sent. */
export async function deliver(delivery: Delivery): Promise<void> {
  const { behaviour, response, payload } = delivery;
  switch (behaviour?.kind) {
    case "edit":
      return sendWhole(response, behaviour.edit(payload));
    case "redirect":
      return sendWhole(response, { status: 302, headers: { location: REDIRECT_TARGET }, parts: [] });
    case "hold":
      return sendShare(delivery, behaviour.share);
    case "break":
      await sendShare(delivery, behaviour.share);
      if (behaviour.how === "reset") response.socket?.resetAndDestroy();
      else response.socket?.destroySoon();
      return;
    case "trickle":
      return sendSlowly(delivery, behaviour.intervalMs);
    case "flood":
      return sendFlood(delivery, behaviour);
    default:
      return payload.parts.length > 1 ? sendStream(delivery) : sendWhole(response, payload);
  }
}

/** Sends a complete response with its length in front. */
export function sendWhole(response: ServerResponse, { status, headers, parts }: Payload): void {
  const body = Buffer.from(parts.join(""));
  const length = status === 204 ? {} : { "content-length": String(body.length) };
  response.writeHead(status, { ...headers, ...length });
  response.end(body);
}

async function sendStream({ response, payload, streamMs, signal }: Delivery): Promise<void> {
  response.writeHead(payload.status, payload.headers);
  const pauseMs = streamMs / payload.parts.length;
  for (const part of payload.parts) {
    response.write(part);
    if (pauseMs >= 1) await pause(pauseMs, undefined, { signal });
  }
  response.end();
}

/** Promises the whole body in its headers, and sends the beginning of it; nothing at all for a share of 0. */
async function sendShare({ response, payload }: Delivery, share: number): Promise<void> {
  if (share === 0) return;
  const body = Buffer.from(payload.parts.join(""));
  response.writeHead(payload.status, { ...payload.headers, ...lengthOf(payload, body) });
  await new Promise<void>((resolve) => {
    response.once("close", resolve);
    response.write(body.subarray(0, Math.floor(body.length * share)), () => resolve());
  });
}

async function sendSlowly({ response, payload, signal }: Delivery, intervalMs: number): Promise<void> {
  const body = Buffer.from(payload.parts.join(""));
  response.writeHead(payload.status, { ...payload.headers, ...lengthOf(payload, body) });
  for (let sent = 0; sent < body.length; sent += 1) {
    response.write(body.subarray(sent, sent + 1));
    await pause(intervalMs, undefined, { signal });
  }
  response.end();
}

// The padding is valid on either wire (an unknown member, or a comment), so only its size is wrong: a client
// without a limit would swallow it and carry on.
async function sendFlood(
  { response, payload, signal }: Delivery,
  { bytes, isCompressed }: { bytes: number; isCompressed: boolean },
): Promise<void> {
  const text = payload.parts.join("");
  const [before, after] = isEventStream(payload)
    ? [": ", `\n\n${text}`]
    : ['{"padding":"', `",${text.slice(1)}`];
  response.writeHead(payload.status, {
    ...payload.headers,
    ...(isCompressed ? { "content-encoding": "gzip" } : {}),
  });
  const source = Readable.from(paddedChunks(before, bytes, after), { objectMode: false });
  if (isCompressed) await pipeline(source, createGzip(), response, { signal });
  else await pipeline(source, response, { signal });
}

function* paddedChunks(before: string, bytes: number, after: string): Generator<string> {
  yield before;
  for (let left = bytes; left > 0; left -= FLOOD_CHUNK.length) yield FLOOD_CHUNK.slice(0, left);
  yield after;
}

function lengthOf(payload: Payload, body: Buffer): Record<string, string> {
  return isEventStream(payload) ? {} : { "content-length": String(body.length) };
}
