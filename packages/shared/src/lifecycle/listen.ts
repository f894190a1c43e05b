import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { SwitchyardError } from "../errors/index.ts";

/** How long a client may take to send its headers, and to send its whole request. */
export interface RequestLimits {
  headersTimeoutMs: number;
  requestTimeoutMs: number;
}

/** Why a request that is HTTP is refused before its handler sees it. */
export type Unfit = "no host" | "unknown expectation";

export interface ListenOptions {
  host: string;
  port: number;
  /** The variable to change when the port is taken. */
  portSetting: string;
  /** 10 s and 30 s unless given. */
  limits?: RequestLimits | undefined;
  /** Answers what is not HTTP at all; without it such a connection is closed. */
  onMalformed?: (error: NodeJS.ErrnoException, socket: Socket) => void;
  /** Answers a request that is unfit; without it the answer is Node's, which has no body. */
  onUnfit?: (why: Unfit, response: ServerResponse) => void;
}

export interface Listening {
  port: number;
  /** Takes no new connection, waits for the requests in hand up to `timeoutMs`, then cuts the rest. */
  close: (timeoutMs: number) => Promise<void>;
}

const LIMITS: RequestLimits = { headersTimeoutMs: 10_000, requestTimeoutMs: 30_000 };
/** Node looks for late clients twice a minute unless told otherwise, so a limit could be passed by half a minute. */
const LATE_CHECK_MS = 1_000;

/**
 * An HTTP server with the limits that slow or hostile clients call for.
 * @throws SwitchyardError CONFIG_INVALID when it cannot listen there.
 */
export async function listen(handler: RequestListener, options: ListenOptions): Promise<Listening> {
  const { onMalformed, onUnfit, limits = LIMITS } = options;
  const server = createServer(
    {
      maxHeaderSize: 16_384,
      headersTimeout: limits.headersTimeoutMs,
      requestTimeout: limits.requestTimeoutMs,
      connectionsCheckingInterval: LATE_CHECK_MS,
      keepAliveTimeout: 5_000,
      requireHostHeader: onUnfit === undefined,
    },
    (request, response) => {
      if (onUnfit !== undefined && lacksHost(request)) onUnfit("no host", response);
      else handler(request, response);
    },
  );
  server.maxConnections = 10_000;
  if (onMalformed !== undefined) server.on("clientError", onMalformed);
  if (onUnfit !== undefined) {
    server.on("checkExpectation", (_, response) => onUnfit("unknown expectation", response));
  }
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

/** HTTP/1.1 wants exactly one; RFC 9112 section 3.2 wants anything else refused. */
function lacksHost(request: IncomingMessage): boolean {
  return request.httpVersion === "1.1" && request.headersDistinct["host"]?.length !== 1;
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
