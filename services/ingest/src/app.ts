import { SwitchyardError } from "@switchyard/shared/errors";
import type { AccessKeys, Ledger } from "@switchyard/shared/ledger";
import { type Logger, type Metrics, type Tracing, traceIdOf } from "@switchyard/shared/telemetry";
import express, { type NextFunction, type Request, type Response } from "express";
import helmet from "helmet";
import type { Caller } from "./access.ts";
import { fromExpress } from "./http/express-errors.ts";
import { invalid } from "./http/json-body.ts";
import { sendProblem } from "./http/problem.ts";
import { bodyReader } from "./http/request-body.ts";
import { type Route, requestIdOf, type Within } from "./http/request-context.ts";
import { startRequestTime } from "./http/request-time.ts";
import type { Reserve } from "./reserve.ts";
import type { SummonInTime } from "./summon-in-time.ts";
import { inTraceOf } from "./trace-request.ts";

export interface AppOptions {
  routes: readonly Route[];
  checkAccess: (authorization: readonly string[] | undefined, keys: AccessKeys) => Promise<Caller>;
  ledger: Ledger;
  summonWithin: (signal: AbortSignal) => SummonInTime;
  reserveWithin: (signal: AbortSignal) => Reserve;
  isDraining: () => boolean;
  log: Logger;
  metrics: Metrics;
  tracing: Tracing;
}

/** The API: one guard in front of one table of routes, and one error body behind it. */
export function createApp(options: AppOptions): express.Express {
  const app = express();
  app.disable("etag");
  app.set("query parser", "simple");
  app.set("case sensitive routing", true);
  app.use(helmet());
  app.use(observed(options));
  for (const route of options.routes) app[route.method](route.path, guarded(options, route));
  app.use(unknownRoute(options.routes));
  app.use(refused(options));
  return app;
}

/** Names every request, and measures and logs it by its route's pattern, never by its path. */
function observed({ log, metrics, isDraining }: AppOptions) {
  return (request: Request, response: Response, next: NextFunction) => {
    const startedAt = performance.now();
    response.setHeader("x-request-id", requestIdOf(request.get("x-request-id")));
    // A connection that is kept open after its answer would hold up a drain for as long as it is kept.
    response.once("finish", () => {
      if (isDraining()) request.socket.end();
    });
    response.once("close", () => {
      const route = (request.route as { path?: string } | undefined)?.path ?? "none";
      const labels = { method: methodOf(request.method), route, status: String(response.statusCode) };
      const durationMs = performance.now() - startedAt;
      metrics.httpRequestSeconds.observe(labels, durationMs / 1_000);
      const requestId = response.getHeader("x-request-id");
      const fields = { ...labels, requestId, durationMs: Math.round(durationMs) };
      // What ends a response belongs to no request.
      const traceparent = response.getHeader("traceparent") as string | undefined;
      const trace = traceparent === undefined ? {} : { trace_id: traceIdOf(traceparent) };
      log.info({ ...fields, ...trace }, "request answered");
    });
    next();
  };
}

/** Of all the words that a client may send as a method, few become labels. */
function methodOf(method: string): string {
  return ["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"].includes(method) ? method : "other";
}

/**
 * The one guard: who asks and whether they may, before a byte of the body is read; and what the whole of it may
 * take of what it depends on.
 */
function guarded(options: AppOptions, route: Route) {
  const readBody = route.body === null ? null : bodyReader(route.body);
  const inTrace = inTraceOf(options, route);
  return async (request: Request, response: Response): Promise<void> => {
    const within = startWithin(options);
    const { time, ledger } = within;
    try {
      const authorization = request.headersDistinct["authorization"];
      const caller = await options.checkAccess(authorization, ledger.accessKeys);
      if (!caller.scopes.includes(route.scope)) {
        throw new SwitchyardError("SCOPE_MISSING", `this needs a key with the scope ${route.scope}`);
      }
      await inTrace(request, response, async () => {
        if (route.hasQuery !== true) refuseQuery(request.query);
        const gone = new AbortController();
        response.once("close", () => gone.abort());
        // A slow caller's sending has limits of its own.
        time.pause();
        const body = await readBody?.(request, response);
        time.resume();
        await route.handle({ http: request, caller, body, signal: gone.signal, within }, response);
      });
    } finally {
      time.pause();
    }
  };
}

function startWithin({ ledger, summonWithin, reserveWithin }: AppOptions): Within {
  const time = startRequestTime();
  const { signal } = time;
  return {
    time,
    ledger: ledger.within(signal),
    summon: summonWithin(signal),
    reserve: reserveWithin(signal),
  };
}

/** @throws SwitchyardError REQUEST_INVALID naming every parameter. */
function refuseQuery(query: Request["query"]): void {
  const problems = Object.keys(query).map((name) => ({
    path: name.slice(0, 64),
    code: "unrecognized_keys",
    detail: "is not a known parameter",
  }));
  if (problems.length > 0) throw invalid(problems);
}

/** The one error body. A fault is logged as an error; that something cannot be reached, as a warning. */
function refused({ log }: AppOptions): express.ErrorRequestHandler {
  // biome-ignore lint/complexity/useMaxParams: Express knows an error handler by its four parameters.
  return (error: unknown, request, response, _next) => {
    const translated = fromExpress(error);
    const fields = { route: (request.route as { path?: string } | undefined)?.path, error };
    if (translated.kind === "fault") log.error(fields, "request failed");
    if (translated.kind === "unavailable") log.warn(fields, "request cannot be answered now");
    // An answer that has begun can only be cut, so that nobody takes it for a whole one.
    if (response.headersSent) response.destroy();
    else sendProblem(response, translated);
  };
}

function unknownRoute(routes: readonly Route[]): express.RequestHandler {
  const matchers = routes.map(({ method, path }) => ({
    methods: method === "get" ? ["GET", "HEAD"] : [method.toUpperCase()],
    pattern: new RegExp(`^${path.replace(/:[a-z]+/g, "[^/]+")}/?$`),
  }));
  return (request, response) => {
    const methods = matchers
      .filter(({ pattern }) => pattern.test(request.path))
      .flatMap((one) => one.methods);
    if (methods.length === 0) throw new SwitchyardError("RESOURCE_MISSING", "no such route");
    response.setHeader("Allow", methods.join(", "));
    throw new SwitchyardError("METHOD_WRONG", `this route takes ${methods.join(", ")}`);
  };
}
