import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type IncomingMessage, request } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

export interface LossyDynamodb {
  url: string;
  /** The next request of that operation is carried out, and its reply cut off. */
  loseNextReplyTo: (operation: string) => void;
  /** Of every batch only so many items are carried out; the rest is answered as unprocessed. */
  answerAtMost: (items: number) => void;
  /** Replies cut so far. */
  lost: () => number;
  close: () => Promise<void>;
}

/** A way to DynamoDB that can lose a reply after the request was carried out, or answer batches in part. */
export async function startLossyDynamodb(target: string): Promise<LossyDynamodb> {
  const doomed = new Map<string, number>();
  let most = Number.POSITIVE_INFINITY;
  let lost = 0;
  const server = createServer(async (incoming, reply) => {
    const operation = String(incoming.headers["x-amz-target"]).split(".")[1] ?? "";
    const left = doomed.get(operation) ?? 0;
    doomed.set(operation, Math.max(0, left - 1));
    const { body, rest } = cutBatch(operation, await text(incoming), most);
    const answer = body === null ? "{}" : await forward(target, incoming, body);
    if (left > 0) {
      lost += 1;
      incoming.socket.destroy();
      return;
    }
    const { status, headers, content } = typeof answer === "string" ? { ...EMPTY, content: answer } : answer;
    const whole = rest === null ? content : JSON.stringify({ ...JSON.parse(content), ...rest });
    // The emulator's checksum is that of its own answer.
    const { "x-amz-crc32": _, "content-length": __, ...kept } = headers;
    reply.writeHead(status, kept).end(whole);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    loseNextReplyTo: (operation) => doomed.set(operation, (doomed.get(operation) ?? 0) + 1),
    answerAtMost(items) {
      most = items;
    },
    lost: () => lost,
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
