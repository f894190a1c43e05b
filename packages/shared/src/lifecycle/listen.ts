import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { SwitchyardError } from "../errors/index.ts";

export interface ListenOptions {
  host: string;
  port: number;
  /** The variable to change when the port is taken. */
  portSetting: string;
  /** Answers what is not HTTP at all; without it such a connection is closed. */
  onMalformed?: (error: NodeJS.ErrnoException, socket: Socket) => void;
}

export interface Listening {
  port: number;
  /** Takes no new connection, waits for the requests in hand up to `timeoutMs`, then cuts the rest. */
  close: (timeoutMs: number) => Promise<void>;
}

/**
 * An HTTP server with the limits that slow or hostile clients call for.
 * @throws SwitchyardError CONFIG_INVALID when it cannot listen there.
 */
export async function listen(handler: RequestListener, options: ListenOptions): Promise<Listening> {
  const server = createServer(
    { maxHeaderSize: 16_384, headersTimeout: 10_000, requestTimeout: 30_000, keepAliveTimeout: 5_000 },
    handler,
  );
  server.maxConnections = 10_000;
  if (options.onMalformed !== undefined) server.on("clientError", options.onMalformed);
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      const where = `${options.host}:${options.port}`;
      const todo = `set ${options.portSetting} to a free port`;
      reject(
        new SwitchyardError("CONFIG_INVALID", `cannot listen on ${where} (${error.code}): ${todo}`, {
          cause: error,
        }),
      );
    });
    server.listen(options.port, options.host, resolve);
  });
  return { port: (server.address() as AddressInfo).port, close: (timeoutMs) => close(server, timeoutMs) };
}

function close(server: Server, timeoutMs: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => server.closeAllConnections(), timeoutMs);
    server.close(() => {
      clearTimeout(timer);
      resolve();
    });
    server.closeIdleConnections();
  });
}
