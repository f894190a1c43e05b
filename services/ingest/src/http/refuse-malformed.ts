import type { Socket } from "node:net";
import { SwitchyardError } from "@switchyard/shared/errors";
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

/** What is not HTTP gets the same error body as everything else, on a connection that ends with it. */
export function refuseMalformed(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  const { status, reason, detail } = REFUSALS[error.code ?? ""] ?? BAD;
  const requestId = requestIdOf(undefined);
  const refused = new SwitchyardError("REQUEST_INVALID", `the request was refused: ${detail}`);
  const body = JSON.stringify({ ...problemOf(refused, requestId), status });
  socket.end(
    `HTTP/1.1 ${status} ${reason}\r\nConnection: close\r\nContent-Type: application/problem+json\r\n` +
      `x-request-id: ${requestId}\r\nx-should-retry: false\r\nCache-Control: no-store\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}
