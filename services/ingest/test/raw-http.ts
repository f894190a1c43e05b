import { connect } from "node:net";

export interface RawAnswer {
  /** Null when the connection was closed without an answer. */
  status: number | null;
  headers: string;
  body: string;
  /** How long the connection lasted. */
  ms: number;
}

/** Sends bytes as they are and reads until the other side closes. */
export function sendRaw(port: number, parts: (string | Uint8Array)[]): Promise<RawAnswer> {
  const startedAt = performance.now();
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    const socket = connect(port, "127.0.0.1", () => {
      for (const part of parts) socket.write(typeof part === "string" ? Buffer.from(part, "latin1") : part);
    });
    socket.on("data", (chunk) => chunks.push(chunk));
    // A server that refuses early may reset the connection; what it said before that counts.
    socket.on("error", () => {});
    socket.on("close", () => {
      const text = Buffer.concat(chunks)
        .toString("latin1")
        .replace(/^HTTP\/1\.1 100 Continue\r\n\r\n/, "");
      const [headers = "", ...rest] = text.split("\r\n\r\n");
      const status = /^HTTP\/1\.1 (\d{3})/.exec(headers)?.[1];
      resolve({
        status: status === undefined ? null : Number(status),
        headers,
        body: rest.join("\r\n\r\n"),
        ms: performance.now() - startedAt,
      });
    });
  });
}

/** A request of header lines and a body, on a connection that ends with it. */
export function rawRequest(line: string, headers: readonly string[], body = ""): string {
  return [`${line} HTTP/1.1`, "Host: localhost", "Connection: close", ...headers, "", body].join("\r\n");
}
