import { once } from "node:events";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import dynalite from "dynalite";

/** A DynamoDB endpoint somebody can use. Any credentials and region will do, unless it is a real one. */
export interface RunningDynamodb {
  readonly url: string;
  /** For people: what answers there. */
  readonly how: string;
  /** Ends what was started. May be called any number of times. */
  stop(): Promise<void>;
}

/** How the endpoint shall be; everything has a default. */
export interface StartDynamodbOptions {
  /** Where tables are kept. By default in memory only. One process at a time can use a folder. */
  dataDir?: string;
  /** A fixed port; by default a free one. */
  port?: number;
  /** Use this endpoint and start none. */
  url?: string;
}

/**
 * Starts an emulated DynamoDB inside this process, on loopback. A new table is active after a moment, not at once:
 * wait for it, as with the real one.
 * What it lacks beside the real one: transactions, TTL, streams, and the item on a failed condition.
 */
export async function startDynamodb(options: StartDynamodbOptions = {}): Promise<RunningDynamodb> {
  if (options.url !== undefined) return { url: options.url, how: "the given address", stop: async () => {} };
  const server = dynalite({
    createTableMs: 0,
    deleteTableMs: 0,
    updateTableMs: 0,
    ...(options.dataDir === undefined ? {} : { path: options.dataDir }),
  });
  surviveAbortedRequests(server);
  server.listen(options.port ?? 0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  let stopped: Promise<void> | undefined;
  return {
    url: `http://127.0.0.1:${port}`,
    how: "dynalite started here",
    stop() {
      stopped ??= close(server);
      return stopped;
    },
  };
}

// The emulator throws, and so ends its process, when a client dies in the middle of a request. That is what a
// crash test does to it, so its listener is replaced by one that lets such a request go.
function surviveAbortedRequests(server: Server): void {
  const [handle] = server.listeners("request") as ((q: IncomingMessage, s: ServerResponse) => void)[];
  if (handle === undefined) throw new Error("dynalite no longer answers through a request listener");
  server.removeAllListeners("request");
  server.on("request", (request: IncomingMessage, response: ServerResponse) => {
    handle(request, response);
    request.removeAllListeners("error");
    request.on("error", () => {});
  });
}

async function close(server: Server): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.close((error) => (error ? reject(error) : resolve()));
    server.closeAllConnections();
  });
}
