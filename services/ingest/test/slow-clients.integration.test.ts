import { connect } from "node:net";
import { watchLeaks } from "@switchyard/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { rawRequest } from "./raw-http.ts";
import { type Api, ask, jobRowsIn, startApi } from "./support.ts";

afterAll(watchLeaks());

let api: Api;
let key: string;
beforeAll(async () => {
  api = await startApi();
  key = await api.createKey("acme");
});
afterAll(() => api.stop());

/** Sends a beginning, then a byte every second; answers what came back when the server hangs up. */
function trickle(beginning: string): Promise<{ text: string; seconds: number }> {
  const startedAt = performance.now();
  return new Promise((resolve) => {
    let text = "";
    const socket = connect(api.port, "127.0.0.1", () => socket.write(beginning));
    const drip = setInterval(() => socket.write("x"), 1_000);
    socket.on("data", (chunk) => {
      text += chunk.toString("latin1");
    });
    socket.on("error", () => {});
    socket.on("close", () => {
      clearInterval(drip);
      resolve({ text, seconds: (performance.now() - startedAt) / 1_000 });
    });
  });
}

// Node looks for late connections twice a minute unless told otherwise, so a bound may be passed by that much.
const LATENESS = 31;

describe("a client that sends a byte a second", () => {
  test.concurrent("in its headers is hung up on", async () => {
    const { text, seconds } = await trickle("GET /v1/models HTTP/1.1\r\nHost: x\r\nX-Slow: ");
    expect(text).toMatch(/^HTTP\/1\.1 408 /);
    expect(text).toContain("application/problem+json");
    expect(seconds).toBeGreaterThan(9);
    expect(seconds).toBeLessThan(10 + LATENESS);
  }, 70_000);

  test.concurrent("in its body is hung up on, and nothing is stored", async () => {
    const headers = [
      `Authorization: Bearer ${key}`,
      "Content-Type: application/json",
      "Content-Length: 100000",
    ];
    const { text, seconds } = await trickle(rawRequest("POST /v1/jobs", headers, '{"input":"'));
    expect(text).toMatch(/^HTTP\/1\.1 408 /);
    expect(seconds).toBeLessThan(30 + LATENESS);
    expect(await jobRowsIn(api)).toEqual([]);
  }, 70_000);

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
