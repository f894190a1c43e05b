import { connect } from "node:net";
import { watchLeaks } from "@switchyard/testkit";
import { afterAll, expect, onTestFinished, test } from "vitest";
import { SwitchyardError } from "../src/errors/index.ts";
import {
  type Check,
  createLifecycle,
  type InternalRoute,
  type Query,
  startOperations,
} from "../src/lifecycle/index.ts";
import { createMetrics } from "../src/telemetry/index.ts";

afterAll(watchLeaks());

interface Given {
  liveness?: Record<string, Check>;
  readiness?: Record<string, Check>;
  internalRoutes?: Record<string, InternalRoute>;
  queries?: Record<string, Query>;
}

async function start(given: Given = {}) {
  const errors: object[] = [];
  const log = {
    info: () => {},
    warn: () => {},
    error: (fields: object) => errors.push(fields),
    fatal: () => {},
  };
  const lifecycle = createLifecycle(log, 1_000);
  const metrics = createMetrics("test");
  const options = { host: "127.0.0.1", port: 0, registry: metrics.registry, lifecycle, log, ...given };
  const operations = await startOperations(options);
  onTestFinished(() => operations.close());
  const url = `http://127.0.0.1:${operations.port}`;
  const get = async (path: string) => {
    const response = await fetch(`${url}${path}`, { headers: { connection: "close" } });
    return { status: response.status, body: (await response.json()) as unknown };
  };
  const post = (path: string, body: string) =>
    fetch(`${url}${path}`, { method: "POST", body, headers: { connection: "close" } });
  return { url, port: operations.port, lifecycle, metrics, errors, get, post };
}

test("a process is not ready while it starts, ready when it says so, and not ready while it drains", async () => {
  const { lifecycle, get } = await start();
  expect(await get("/healthz/ready")).toEqual({
    status: 503,
    body: { status: "failed", problems: { lifecycle: "starting" } },
  });
  lifecycle.markReady();
  expect(await get("/healthz/ready")).toEqual({ status: 200, body: { status: "ok", problems: {} } });
  const release = Promise.withResolvers<void>();
  lifecycle.opened("in-flight work", () => release.promise);
  const stopped = lifecycle.stop();
  expect(await get("/healthz/ready")).toMatchObject({
    status: 503,
    body: { problems: { lifecycle: "draining" } },
  });
  expect(await get("/healthz/live")).toMatchObject({ status: 200 });
  release.resolve();
  await stopped;
});

test("readiness names what is missing, and liveness does not depend on it", async () => {
  const { lifecycle, get } = await start({
    liveness: { "run loop": () => null },
    readiness: { redis: () => "no answer", ledger: () => Promise.reject(new Error("timed out")) },
  });
  lifecycle.markReady();
  expect(await get("/healthz/ready")).toEqual({
    status: 503,
    body: { status: "failed", problems: { redis: "no answer", ledger: "timed out" } },
  });
  expect(await get("/healthz/live")).toMatchObject({ status: 200 });
});

test("liveness fails when the run loop has ended", async () => {
  const { get } = await start({ liveness: { "run loop": () => "has ended" } });
  expect(await get("/healthz/live")).toEqual({
    status: 503,
    body: { status: "failed", problems: { "run loop": "has ended" } },
  });
});

test("a check that does not answer counts as failed within its time", async () => {
  const { lifecycle, get } = await start({ readiness: { redis: () => new Promise(() => {}) } });
  lifecycle.markReady();
  expect(await get("/healthz/ready")).toMatchObject({
    status: 503,
    body: { problems: { redis: expect.stringContaining("no answer") } },
  });
});

test("metrics are served as Prometheus reads them, each with its service", async () => {
  const { url, metrics } = await start();
  metrics.jobsAccepted.inc(3);
  const response = await fetch(`${url}/metrics`, { headers: { connection: "close" } });
  expect(response.headers.get("content-type")).toMatch(/^text\/plain; version=0\.0\.4/);
  const text = await response.text();
  expect(text).toContain('switchyard_jobs_accepted_total{service="test"} 3');
  expect(text).toMatch(/^process_cpu_seconds_total\{service="test"\}/m);
});

test("services of ours ask each other in JSON; any other path is not found", async () => {
  const { get, post } = await start({ internalRoutes: { "POST /echo": async (body) => ({ heard: body }) } });
  const answer = await post("/echo", '{"n":1}');
  expect([answer.status, await answer.json()]).toEqual([200, { heard: { n: 1 } }]);
  expect(await get("/echo")).toMatchObject({ status: 404 });
  expect(await get("/")).toMatchObject({ status: 404 });
});

test("a question is answered in JSON, and told what is wrong with it unless that is a fault of ours", async () => {
  const { get, post, errors } = await start({
    queries: {
      "/sum": async (parameters) => ({ of: parameters.getAll("n") }),
      "/wrong": () => Promise.reject(new SwitchyardError("RESOURCE_MISSING", "no such thing")),
      "/away": () => Promise.reject(new SwitchyardError("QUEUE_UNAVAILABLE", "away")),
      "/fault": () => Promise.reject(new SwitchyardError("ROW_INVALID", "row 7 is broken")),
    },
  });
  expect(await get("/sum?n=1&n=a%20b")).toEqual({ status: 200, body: { of: ["1", "a b"] } });
  expect(await get("/wrong")).toEqual({ status: 404, body: { status: "error", detail: "no such thing" } });
  expect(await get("/away")).toMatchObject({ status: 503 });
  expect(await get("/fault")).toEqual({ status: 500, body: { status: "error" } });
  expect(errors).toHaveLength(1);
  expect((await post("/sum", "{}")).status).toBe(404);
});

test("an internal request that fails is a 500 without its reason, which is logged", async () => {
  const failure = new SwitchyardError("ROW_INVALID", "row 7 is broken");
  const { post, errors } = await start({
    internalRoutes: {
      "POST /fail": () => Promise.reject(failure),
      "POST /echo": async (body) => body,
    },
  });
  const answer = await post("/fail", "{}");
  expect([answer.status, await answer.json()]).toEqual([500, { status: "error" }]);
  expect(errors).toEqual([{ error: failure }]);
  expect((await post("/echo", "not JSON")).status).toBe(500);
  expect((await post("/echo", JSON.stringify("x".repeat(2 * 1_048_576)))).status).toBe(500);
});

test("what is not HTTP is cut off, and the port goes on serving", async () => {
  const { port, get } = await start();
  const socket = connect(port, "127.0.0.1");
  const closed = new Promise<void>((resolve) => socket.on("close", () => resolve()));
  socket.on("error", () => {});
  socket.resume();
  socket.write("\x16\x03\x01 this is no request\r\n\r\n");
  await closed;
  expect(await get("/healthz/live")).toMatchObject({ status: 200 });
});

test("a taken port is told with the setting to change", async () => {
  const { port, lifecycle, metrics } = await start();
  const log = { info: () => {}, warn: () => {}, error: () => {}, fatal: () => {} };
  const again = startOperations({ host: "127.0.0.1", port, registry: metrics.registry, lifecycle, log });
  await expect(again).rejects.toMatchObject({
    code: "CONFIG_INVALID",
    message: `cannot listen on 127.0.0.1:${port} (EADDRINUSE): set OPS_PORT to a free port`,
  });
});
