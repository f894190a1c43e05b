import type { IncomingMessage, ServerResponse } from "node:http";
import { SwitchyardError, statusOf } from "../errors/index.ts";
import type { Lifecycle, ProcessLog } from "./lifecycle.ts";
import { listen } from "./listen.ts";

/** Answers null when all is well, else what is wrong. */
export type Check = () => Promise<string | null> | string | null;

/** A request of another service of ours: JSON in, JSON out. */
export type InternalRoute = (body: unknown) => Promise<unknown>;

/** A question from outside our services, by its parameters; the answer is JSON. */
export type Query = (parameters: URLSearchParams) => Promise<unknown>;

export interface OperationsOptions {
  host: string;
  port: number;
  /** The metrics registry: what `/metrics` answers. */
  registry: { contentType: string; metrics: () => Promise<string> };
  lifecycle: Lifecycle;
  log: ProcessLog;
  /** Only what a restart would cure: never Redis, DynamoDB or a provider. */
  liveness?: Record<string, Check>;
  /** What must be reachable before traffic makes sense. */
  readiness?: Record<string, Check>;
  /** Keyed by method and path, e.g. `POST /route`. */
  internalRoutes?: Record<string, InternalRoute>;
  /** Keyed by path; each is asked by GET. */
  queries?: Record<string, Query>;
}

export interface Operations {
  port: number;
  close: () => Promise<void>;
}

/** A check that takes longer counts as failed. */
const CHECK_TIMEOUT_MS = 2_000;
const MAX_INTERNAL_BODY_BYTES = 2 * 1_048_576;

/**
 * The operations port: `/healthz/live`, `/healthz/ready`, `/metrics`, and what services of ours ask
 * each other. Apart from the API, for the cluster's inside only.
 * @throws SwitchyardError CONFIG_INVALID when the port is taken.
 */
export async function startOperations(options: OperationsOptions): Promise<Operations> {
  const handler = (request: IncomingMessage, response: ServerResponse) => {
    answer(options, request, response).catch((error: unknown) => {
      options.log.error({ error }, "operations request failed");
      if (!response.headersSent) send(response, 500, { status: "error" });
    });
  };
  const { host, port } = options;
  const listening = await listen(handler, { host, port, portSetting: "OPS_PORT" });
  return { port: listening.port, close: () => listening.close(1_000) };
}

async function answer(options: OperationsOptions, request: IncomingMessage, response: ServerResponse) {
  const [path = "/", parameters = ""] = (request.url ?? "/").split(/\?(.*)/s);
  const route = options.internalRoutes?.[`${request.method} ${path}`];
  if (route !== undefined) return send(response, 200, await route(await readJson(request)));
  const query = request.method === "GET" ? options.queries?.[path] : undefined;
  if (query !== undefined) return sendAnswer(response, query, new URLSearchParams(parameters));
  switch (path) {
    case "/metrics": {
      response.setHeader("content-type", options.registry.contentType);
      response.end(await options.registry.metrics());
      return;
    }
    case "/healthz/live":
      return sendChecks(response, options.liveness ?? {});
    case "/healthz/ready": {
      const lifecycle = () =>
        options.lifecycle.isDraining ? "draining" : options.lifecycle.isReady ? null : "starting";
      return sendChecks(response, { lifecycle, ...options.readiness });
    }
    default:
      return send(response, 404, { status: "not found" });
  }
}

/** What is wrong with a question is told to whoever asks; a fault of ours is only logged. */
async function sendAnswer(
  response: ServerResponse,
  query: Query,
  parameters: URLSearchParams,
): Promise<void> {
  try {
    send(response, 200, await query(parameters));
  } catch (error) {
    if (!(error instanceof SwitchyardError) || error.kind === "fault") throw error;
    send(response, statusOf(error.code), { status: "error", detail: error.message });
  }
}

async function sendChecks(response: ServerResponse, checks: Record<string, Check>): Promise<void> {
  const results = await Promise.all(
    Object.entries(checks).map(async ([name, check]) => [name, await outcomeOf(check)] as const),
  );
  const problems = results.filter(([, problem]) => problem !== null);
  const body = { status: problems.length === 0 ? "ok" : "failed", problems: Object.fromEntries(problems) };
  send(response, problems.length === 0 ? 200 : 503, body);
}

async function outcomeOf(check: Check): Promise<string | null> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve(`no answer in ${CHECK_TIMEOUT_MS} ms`), CHECK_TIMEOUT_MS);
  });
  try {
    return await Promise.race([Promise.resolve().then(check), late]);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    clearTimeout(timer);
  }
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_INTERNAL_BODY_BYTES) throw new SwitchyardError("BODY_TOO_LARGE", "internal request");
    chunks.push(chunk);
  }
  return JSON.parse(Buffer.concat(chunks).toString("utf8"));
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}
