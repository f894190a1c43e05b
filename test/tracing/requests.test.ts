import { freePort, watchLeaks } from "@switchyard/testkit";
import { afterAll, afterEach, beforeEach, describe, expect, test } from "vitest";
import { KEY, type System, startSystem } from "../api/system.ts";
import { type Collector, startCollector } from "./collector.ts";

afterAll(watchLeaks());

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const CALLER = `00-${TRACE}-00f067aa0ba902b7-01`;

let system: System | undefined;
let collector: Collector;
beforeEach(async () => {
  collector = await startCollector();
});
afterEach(async () => {
  await stopped();
  await collector.close();
});

async function started(environment: Record<string, string>): Promise<void> {
  system = await startSystem({ latencyScale: 0, environment });
}

async function stopped(): Promise<void> {
  await system?.stop();
  system = undefined;
}

/** Submits a job and answers the `traceparent` that comes back. */
async function submit(
  traceparent: string | undefined,
  method: "POST" | "GET" = "POST",
): Promise<string | null> {
  const response = await fetch(`${system?.url}/v1/jobs`, {
    method,
    headers: {
      authorization: `Bearer ${KEY}`,
      "content-type": "application/json",
      prefer: "wait=60",
      ...(traceparent === undefined ? {} : { traceparent }),
    },
    ...(method === "POST" ? { body: JSON.stringify({ input: "What is the capital of France?" }) } : {}),
  });
  expect(response.ok).toBe(true);
  await response.arrayBuffer();
  return response.headers.get("traceparent");
}

describe("where traces are recorded", () => {
  test("a request is answered with its place in its caller's trace, or in a new one, and one that only looks makes no span", async () => {
    await started({ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${collector.url}/in`, OTEL_SERVICE_NAME: "ours" });
    expect(await submit(CALLER)).toMatch(new RegExp(`^00-${TRACE}-(?!00f067aa0ba902b7)[0-9a-f]{16}-01$`));
    const malformed = await submit(CALLER.replace("4bf9", "4BF9"));
    expect(malformed).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
    expect(malformed).not.toContain(TRACE);
    expect(await submit(undefined)).toMatch(/^00-/);
    expect(await submit(CALLER, "GET")).toBe(CALLER);
    expect(await submit(undefined, "GET")).toBeNull();
    await stopped();
    const posts = collector.spans().filter(({ name }) => name === "POST /v1/jobs");
    expect(posts).toHaveLength(3);
    expect(new Set(collector.spans().map(({ service }) => service))).toEqual(new Set(["ours"]));
    expect(collector.spans().filter(({ name }) => name.startsWith("GET"))).toEqual([]);
    expect(new Set(collector.headers().map(({ path }) => path))).toEqual(new Set(["/in"]));
  });

  test("a trace that its caller does not record is not exported, and travels all the same", async () => {
    await started({
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_OTLP_HEADERS: "api-key=a%20b",
    });
    const unsampled = CALLER.replace(/01$/, "00");
    expect(await submit(unsampled)).toMatch(new RegExp(`^00-${TRACE}-[0-9a-f]{16}-00$`));
    await submit(undefined);
    await stopped();
    expect(collector.text()).not.toContain(TRACE);
    expect(collector.spans()).not.toEqual([]);
    expect(new Set(collector.headers().map((headers) => headers["api-key"]))).toEqual(new Set(["a b"]));
  });

  test("who has no key makes no span, whatever place in a trace they name, and gets none", async () => {
    await started({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url });
    const headers = { authorization: "Bearer sk-sy-nobody-0123456789abcdef", traceparent: CALLER };
    const refused = await fetch(`${system?.url}/v1/jobs`, { method: "POST", headers, body: "{}" });
    await refused.arrayBuffer();
    expect([refused.status, refused.headers.get("traceparent")]).toEqual([401, null]);
    await submit(undefined);
    await stopped();
    expect(collector.spans().filter(({ name }) => name === "POST /v1/jobs")).toHaveLength(1);
    expect(collector.text()).not.toContain(TRACE);
  });

  test("a collector that is away keeps no job from its end, and no process from its own", async () => {
    await started({ OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${await freePort()}` });
    expect(await submit(CALLER)).toContain(TRACE);
    await stopped();
  });
});

test("where no traces are recorded, a caller's place in its trace is answered as it came", async () => {
  await started({ OTEL_SDK_DISABLED: "true", OTEL_EXPORTER_OTLP_ENDPOINT: collector.url });
  expect(await submit(CALLER)).toBe(CALLER);
  expect(await submit("00-nonsense")).toBeNull();
  expect(await submit(undefined)).toBeNull();
  await stopped();
  expect(collector.text()).toBe("");
});
