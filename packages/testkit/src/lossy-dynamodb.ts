import { once } from "node:events";
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

/** What a way to DynamoDB does to requests that nobody singled out: shares of all, each at least 0 and at most 1. */
export interface Weather {
  /** Refused as a table refuses that is asked for more than it has: nothing is carried out. */
  refusedShare: number;
  /** Carried out, and the reply cut off. */
  lostShare: number;
  /** At least 0 and less than 1; decides the fate of each request. */
  draw: () => number;
}

export interface LossyDynamodb {
  url: string;
  /** The next request of that operation is carried out, and its reply cut off. */
  loseNextReplyTo: (operation: string) => void;
  /** Of every batch only so many items are carried out; the rest is answered as unprocessed. */
  answerAtMost: (items: number) => void;
  /** From now on; null is fair weather. */
  setWeather: (weather: Weather | null) => void;
  /** From now on that operation is answered as IAM answers those who may not use it. */
  deny: (operation: string) => void;
  /** Replies cut so far. */
  lost: () => number;
  /** Requests refused so far. */
  refused: () => number;
  close: () => Promise<void>;
}

/** A way to DynamoDB that can lose a reply after the request was carried out, or answer batches in part. */
export async function startLossyDynamodb(target: string): Promise<LossyDynamodb> {
  const doomed = new Map<string, number>();
  const denied = new Set<string>();
  let most = Number.POSITIVE_INFINITY;
  let weather: Weather | null = null;
  let lost = 0;
  let refused = 0;

  async function serve(incoming: IncomingMessage, reply: ServerResponse): Promise<void> {
    const operation = String(incoming.headers["x-amz-target"]).split(".")[1] ?? "";
    const left = doomed.get(operation) ?? 0;
    doomed.set(operation, Math.max(0, left - 1));
    const { body, rest } = cutBatch(operation, await text(incoming), most);
    if (denied.has(operation)) {
      reply.writeHead(400, EMPTY.headers).end(DENIAL);
      return;
    }
    const fate = fateIn(weather);
    if (fate === "refused") {
      reply.writeHead(400, EMPTY.headers).end(REFUSALS[refused % REFUSALS.length]);
      refused += 1;
      return;
    }
    const answer = body === null ? "{}" : await forward(target, incoming, body);
    if (left > 0 || fate === "lost") {
      lost += 1;
      incoming.socket.destroy();
      return;
    }
    const { status, headers, content } = typeof answer === "string" ? { ...EMPTY, content: answer } : answer;
    const whole = rest === null ? content : JSON.stringify({ ...JSON.parse(content), ...rest });
    // The emulator's checksum is that of its own answer.
    const { "x-amz-crc32": _, "content-length": __, ...kept } = headers;
    reply.writeHead(status, kept).end(whole);
  }

  // Whoever is not there cannot answer: the caller sees a connection that ends.
  const server = createServer((incoming, reply) => {
    serve(incoming, reply).catch(() => incoming.socket.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    loseNextReplyTo: (operation) => doomed.set(operation, (doomed.get(operation) ?? 0) + 1),
    answerAtMost(items) {
      most = items;
    },
    setWeather(next) {
      weather = next;
    },
    deny: (operation) => denied.add(operation),
    lost: () => lost,
    refused: () => refused,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  content: string;
}

const EMPTY = {
  status: 200,
  headers: { "content-type": "application/x-amz-json-1.0" } as IncomingHttpHeaders,
};

function fateIn(weather: Weather | null): "refused" | "lost" | "whole" {
  if (weather === null) return "whole";
  const draw = weather.draw();
  if (draw < weather.refusedShare) return "refused";
  return draw < weather.refusedShare + weather.lostShare ? "lost" : "whole";
}

/** Both ways in which DynamoDB says that it is asked for too much. */
const REFUSALS = [
  "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException",
  "com.amazon.coral.availability#ThrottlingException",
].map((__type) => JSON.stringify({ __type, message: "asked for more than the table has" }));

const DENIAL = JSON.stringify({
  __type: "com.amazon.coral.service#AccessDeniedException",
  Message: "User is not authorized to perform this action",
});

/** Null as body: nothing is left to be carried out. */
function cutBatch(
  operation: string,
  body: string,
  most: number,
): { body: string | null; rest: object | null } {
  if (!operation.startsWith("Batch") || most === Number.POSITIVE_INFINITY) return { body, rest: null };
  const batch = JSON.parse(body) as { RequestItems: Record<string, unknown> };
  const [[table, asked] = ["", []]] = Object.entries(batch.RequestItems);
  const isWrite = Array.isArray(asked);
  const items = isWrite ? asked : (asked as { Keys: unknown[] }).Keys;
  const wrapped = (part: unknown[]) => ({ [table]: isWrite ? part : { ...(asked as object), Keys: part } });
  const rest = items.slice(most);
  return {
    body: most === 0 ? null : JSON.stringify({ ...batch, RequestItems: wrapped(items.slice(0, most)) }),
    rest: rest.length === 0 ? null : { [isWrite ? "UnprocessedItems" : "UnprocessedKeys"]: wrapped(rest) },
  };
}

async function forward(target: string, incoming: IncomingMessage, body: string): Promise<Answer> {
  const { method, url } = incoming;
  const headers = { ...incoming.headers, "content-length": String(Buffer.byteLength(body)) };
  const outgoing = request(new URL(url ?? "/", target), { method, headers, agent: false });
  outgoing.end(body);
  const [answer] = (await once(outgoing, "response")) as [IncomingMessage];
  return { status: answer.statusCode ?? 500, headers: answer.headers, content: await text(answer) };
}
