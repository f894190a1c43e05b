import { statusOf } from "@switchyard/shared/errors";
import { followTrace, type Tracing } from "@switchyard/shared/telemetry";
import type { Request, Response } from "express";
import { fromExpress } from "./http/express-errors.ts";
import type { Route } from "./http/request-context.ts";

/** Answers a request whose caller is known. */
export type InTrace = (request: Request, response: Response, handle: () => Promise<void>) => Promise<void>;

/**
 * Puts a request in the trace that its `traceparent` names, and answers where it stands there. What may begin or move a
 * job is a span of its own; a look at one, which callers repeat every second, is none. For callers with a key: others could
 * have as many spans recorded as they can send requests, in the place of those of jobs.
 */
export function inTraceOf(
  { tracing }: { tracing: Tracing },
  { method, path }: Pick<Route, "method" | "path">,
): InTrace {
  const start = {
    name: `${method.toUpperCase()} ${path}`,
    kind: "server",
    facts: { "http.request.method": method.toUpperCase(), "http.route": path },
  } as const;
  return (request, response, handle) => {
    const given = request.get("traceparent");
    if (method !== "post") {
      return followTrace(given, (traceparent) => {
        tell(response, traceparent);
        return handle();
      });
    }
    return tracing.enter(given, start, async (span) => {
      tell(response, span.traceparent);
      try {
        await handle();
        span.note({ "http.response.status_code": response.statusCode });
      } catch (thrown) {
        const error = fromExpress(thrown);
        const status = statusOf(error.code);
        span.note({ "http.response.status_code": status, "error.type": error.code });
        // By the conventions for HTTP servers a refusal is the caller's failure, not ours.
        if (status >= 500) span.fail(error.code);
        throw thrown;
      }
    });
  };
}

function tell(response: Response, traceparent: string | undefined): void {
  if (traceparent !== undefined) response.setHeader("traceparent", traceparent);
}
