import { asSwitchyardError, SwitchyardError } from "@switchyard/shared/errors";
import type { Logger, Metrics } from "@switchyard/shared/telemetry";
import express, { type NextFunction, type Request, type Response } from "express";
import helmet from "helmet";
import type { Caller } from "./access.ts";
import { sendProblem } from "./http/problem.ts";
import { type Route, requestIdOf } from "./http/request-context.ts";

export interface AppOptions {
  routes: readonly Route[];
  checkAccess: (authorization: string | undefined) => Promise<Caller>;
  log: Logger;
  metrics: Metrics;
}

/** The largest body of a submit, and of a batch of up to 1,000 of them. */
const MAX_BODY_BYTES = 1_048_576;
const MAX_BATCH_BODY_BYTES = 8 * MAX_BODY_BYTES;
const JSON_TYPES = /^application\/(json|(x-)?ndjson)\s*(;|$)/i;

/** The API: one guard in front of one table of routes, and one error body behind it. */
export function createApp(options: AppOptions): express.Express {
  const app = express();
  app.disable("etag");
  app.set("query parser", "simple");
  app.set("case sensitive routing", true);
  app.use(helmet());
  app.use(observed(options));
  for (const route of options.routes) {
    app[route.method](route.path, ...bodyReader(route), guarded(options, route));
  }
  app.use(unknownRoute(options.routes));
  // biome-ignore lint/complexity/useMaxParams: Express tells an error handler by its four parameters.
  app.use((error: unknown, request: Request, response: Response, next: NextFunction) => {
    if (response.headersSent) return next(error);
    const translated = fromExpress(error);
    if (translated.kind === "fault")
      options.log.error({ path: request.route?.path, error }, "request failed");
    sendProblem(response, translated);
  });
  return app;
}

/** Names every request, and measures and logs it by its route's pattern, never by its path. */
function observed({ log, metrics }: AppOptions) {
  return (request: Request, response: Response, next: NextFunction) => {
    const startedAt = performance.now();
    response.setHeader("x-request-id", requestIdOf(request.get("x-request-id")));
    response.once("close", () => {
      const route = (request.route as { path?: string } | undefined)?.path ?? "none";
      const labels = { method: methodOf(request.method), route, status: String(response.statusCode) };
      const durationMs = performance.now() - startedAt;
      metrics.httpRequestSeconds.observe(labels, durationMs / 1_000);
      const requestId = response.getHeader("x-request-id");
      log.info({ ...labels, requestId, durationMs: Math.round(durationMs) }, "request answered");
    });
    next();
  };
}

/** Of all the words that a client may send as a method, few become labels. */
function methodOf(method: string): string {
  return ["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"].includes(method) ? method : "other";
}

function bodyReader(route: Route): express.RequestHandler[] {
  if (route.method === "get") return [];
  const limit = route.path.endsWith("/batch") ? MAX_BATCH_BODY_BYTES : MAX_BODY_BYTES;
  const needsBody = !route.path.endsWith("/cancel");
  const checkType: express.RequestHandler = (request, _response, next) => {
    if (needsBody && !JSON_TYPES.test(request.get("content-type") ?? "")) {
      throw new SwitchyardError("MEDIA_TYPE_WRONG", "send the body as content type application/json");
    }
    next();
  };
  return [checkType, express.raw({ type: () => true, limit, inflate: false })];
}

function guarded(options: AppOptions, route: Route): express.RequestHandler {
  return async (request, response) => {
    const caller = await options.checkAccess(request.get("authorization"));
    if (!caller.scopes.includes(route.scope)) {
      throw new SwitchyardError("SCOPE_MISSING", `this needs a key with the scope ${route.scope}`);
    }
    const gone = new AbortController();
    response.once("close", () => gone.abort());
    await route.handle({ http: request, caller, signal: gone.signal }, response);
  };
}

function unknownRoute(routes: readonly Route[]): express.RequestHandler {
  const matchers = routes.map(({ method, path }) => ({
    method: method.toUpperCase(),
    pattern: new RegExp(`^${path.replace(/:[a-z]+/g, "[^/]+")}/?$`),
  }));
  return (request, response) => {
    const methods = matchers.filter(({ pattern }) => pattern.test(request.path)).map(({ method }) => method);
    if (methods.length === 0) throw new SwitchyardError("RESOURCE_MISSING", "no such route");
    response.setHeader("Allow", methods.join(", "));
    throw new SwitchyardError("METHOD_WRONG", `this route takes ${methods.join(", ")}`);
  };
}

/** Errors of Express and of its body reader, translated once. */
function fromExpress(error: unknown): SwitchyardError {
  if (error instanceof SwitchyardError) return error;
  const { type, status } = (error ?? {}) as { type?: unknown; status?: unknown };
  const options = { cause: error };
  if (type === "entity.too.large") {
    return new SwitchyardError("BODY_TOO_LARGE", "the body is larger than this route takes", options);
  }
  if (type === "encoding.unsupported") {
    return new SwitchyardError("MEDIA_TYPE_WRONG", "send the body without Content-Encoding", options);
  }
  if (typeof status === "number" && status >= 400 && status < 500) {
    return new SwitchyardError("REQUEST_INVALID", "the request is not valid HTTP for this route", options);
  }
  return asSwitchyardError(error);
}
