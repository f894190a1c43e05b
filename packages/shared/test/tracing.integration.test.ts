import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { TracingConfig } from "@switchyard/shared/config";
import { createLogger, openTracing, type Tracing } from "@switchyard/shared/telemetry";
import { waitFor, watchLeaks } from "@switchyard/testkit";
import { afterAll, afterEach, expect, test } from "vitest";

afterAll(watchLeaks());

let server: Server;
afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await once(server, "close");
});

async function collector(listener: RequestListener): Promise<string> {
  server = createServer(listener).listen(0, "127.0.0.1");
  await once(server, "listening");
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

interface Line {
  level: number;
  msg: string;
  reason?: string;
  trace_id?: string;
}

async function opened(otlpEndpoint: string): Promise<{ tracing: Tracing; lines: Line[] }> {
  const lines: Line[] = [];
  const log = createLogger("ingest", "info", { write: (text) => void lines.push(JSON.parse(text) as Line) });
  const config: TracingConfig = {
    ...{ otlpEndpoint, otlpTracesEndpoint: null, otlpHeaders: null, otelServiceName: null },
    ...{ tracesSampler: "parentbased_always_on", tracesSamplerArg: 1, isOtelDisabled: false },
  };
  return { tracing: await openTracing("ingest", config, log), lines };
}

/** So many spans are exported at once, whatever the time. */
const BATCH = 512;

async function fillBatch({ enter }: Tracing): Promise<void> {
  for (let n = 0; n < BATCH; n += 1) await enter(undefined, { name: "n", kind: "internal" }, async () => {});
}

test("a collector that refuses is told of once, and once when it takes traces again", async () => {
  let status = 400;
  let requests = 0;
  const url = await collector((request, response) => {
    request.resume();
    requests += 1;
    response.writeHead(status, { "content-type": "application/json" }).end("{}");
  });
  const { tracing, lines } = await opened(url);
  const warnings = () => lines.filter(({ level }) => level === 40);
  for (const posts of [1, 2]) {
    await fillBatch(tracing);
    await waitFor(() => requests === posts && warnings().length === 1);
  }
  status = 200;
  await fillBatch(tracing);
  await waitFor(() => lines.at(-1)?.msg === "traces are exported again");
  await tracing.close();
  expect(warnings().map(({ msg }) => msg)).toEqual(["traces cannot be exported; jobs go on without them"]);
});

test("a collector that never answers does not keep a process from ending", async () => {
  let isAsked = false;
  const url = await collector(() => {
    isAsked = true;
  });
  const { tracing } = await opened(url);
  await tracing.enter(undefined, { name: "n", kind: "internal" }, async () => {});
  await tracing.close();
  expect(isAsked).toBe(true);
});

test("a line that is logged inside a trace says which, and one outside says none", async () => {
  const url = await collector((_request, response) => void response.end("{}"));
  const { tracing, lines } = await opened(url);
  const log = createLogger("ingest", "info", { write: (text) => void lines.push(JSON.parse(text) as Line) });
  const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
  const start = { name: "n", kind: "internal" } as const;
  await tracing.enter(`00-${traceId}-00f067aa0ba902b7-01`, start, async () => log.info("inside"));
  log.info("outside");
  const told = Object.fromEntries(lines.map(({ msg, trace_id }) => [msg, trace_id]));
  expect(told).toMatchObject({ inside: traceId, outside: undefined });
  await tracing.close();
});
