import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { SwitchyardError } from "@switchyard/shared/errors";
import type { Unfit } from "@switchyard/shared/lifecycle";
import { problemOf } from "./problem.ts";
import { requestIdOf } from "./request-context.ts";

interface Refusal {
  status: number;
  reason: string;
  detail: string;
}

const BAD: Refusal = { status: 400, reason: "Bad Request", detail: "not HTTP" };
const REFUSALS: Readonly<Record<string, Refusal>> = {
  HPE_HEADER_OVERFLOW: {
    status: 431,
    reason: "Request Header Fields Too Large",
    detail: "headers are larger than 16 KB",
  },
  ERR_HTTP_REQUEST_TIMEOUT: { status: 408, reason: "Request Timeout", detail: "request came too slowly" },
};

const UNFIT: Readonly<Record<Unfit, Refusal>> = {
  "no host": { status: 400, reason: "Bad Request", detail: "it must have one Host header" },
  "unknown expectation": {
    status: 417,
    reason: "Expectation Failed",
    detail: "100-continue is the only expectation known here",
  },
};

/** What is not HTTP gets the same error body as everything else, on a connection that ends with it. */
export function refuseMalformed(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  const refusal = REFUSALS[error.code ?? ""] ?? BAD;
  const { headers, body } = answerOf(refusal);
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${refusal.status} ${refusal.reason}\r\n${lines.join("")}\r\n${body}`);
}

/** As for what is not HTTP: what would have to be read first, to keep the connection, is not wanted. */
export function refuseUnfit(why: Unfit, response: ServerResponse): void {
  const { headers, body } = answerOf(UNFIT[why]);
  response.writeHead(UNFIT[why].status, headers).end(body);
}

function answerOf({ status, detail }: Refusal) {
  const requestId = requestIdOf(undefined);
  const refused = new SwitchyardError("REQUEST_INVALID", `the request was refused: ${detail}`);
  const body = JSON.stringify({ ...problemOf(refused, requestId), status });
  const headers = {
    Connection: "close",
    "Content-Type": "application/problem+json",
    "x-request-id": requestId,
    "x-should-retry": "false",
    "Cache-Control": "no-store",
    "Content-Length": Buffer.byteLength(body),
  };
  return { headers, body };
}
