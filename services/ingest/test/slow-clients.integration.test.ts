import { connect } from "node:net";
import { watchLeaks } from "@switchyard/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { rawRequest } from "./raw-http.ts";
import { type Api, ask, jobRowsIn, startApi } from "./support.ts";

afterAll(watchLeaks());

/** Far below the usual ones, so that the test is as short. */
const LIMITS = { headersTimeoutMs: 1_000, requestTimeoutMs: 2_000 };
/** Late clients are looked for once a second; another is for a busy machine. */
const LATENESS_MS = 2_000;

let api: Api;
let key: string;
beforeAll(async () => {
  api = await startApi({}, { limits: LIMITS });
  key = await api.createKey("acme");
});
afterAll(() => api.stop());

/** Sends a beginning, then a byte ten times a second; answers what came back when the server hangs up. */
function trickle(beginning: string): Promise<{ text: string; ms: number }> {
  const startedAt = performance.now();
  return new Promise((resolve) => {
    let text = "";
    let drip: NodeJS.Timeout | undefined;
    const socket = connect(api.port, "127.0.0.1", () => {
      socket.write(beginning);
      drip = setInterval(() => socket.write("x"), 100);
    });
    socket.on("data", (chunk) => {
      text += chunk.toString("latin1");
    });
    socket.on("error", () => {});
    socket.on("close", () => {
      clearInterval(drip);
      resolve({ text, ms: performance.now() - startedAt });
    });
  });
}

describe("a client that sends byte by byte", () => {
  test.concurrent("in its headers is hung up on", async () => {
    const { text, ms } = await trickle("GET /v1/models HTTP/1.1\r\nHost: x\r\nX-Slow: ");
    expect(text).toMatch(/^HTTP\/1\.1 408 /);
    expect(text).toContain("application/problem+json");
    expect(ms).toBeGreaterThan(LIMITS.headersTimeoutMs - 100);
    expect(ms).toBeLessThan(LIMITS.headersTimeoutMs + LATENESS_MS);
  });

  test.concurrent("in its body is hung up on, and nothing is stored", async () => {
    const headers = [
      `Authorization: Bearer ${key}`,
      "Content-Type: application/json",
      "Content-Length: 100000",
    ];
    const { text, ms } = await trickle(rawRequest("POST /v1/jobs", headers, '{"input":"'));
    expect(text).toMatch(/^HTTP\/1\.1 408 /);
    expect(ms).toBeGreaterThan(LIMITS.requestTimeoutMs - 100);
    expect(ms).toBeLessThan(LIMITS.requestTimeoutMs + LATENESS_MS);
    expect(await jobRowsIn(api)).toEqual([]);
  });

  test.concurrent("200 of them keep nobody else waiting", async () => {
    const slow = Array.from({ length: 200 }, () => {
      const socket = connect(api.port, "127.0.0.1");
      socket.on("error", () => {});
      socket.write("POST /v1/jobs HTTP/1.1\r\nHost: x\r\nX-Slow: ");
      return socket;
    });
    const startedAt = performance.now();
    expect((await ask(api.url, "GET /v1/models", { key })).status).toBe(200);
    expect(performance.now() - startedAt).toBeLessThan(5_000);
    for (const socket of slow) socket.destroy();
  });
});
