import { type DestinationStream, type Logger as PinoLogger, pino, stdSerializers } from "pino";
import { presentTraceparent, traceIdOf } from "./tracing/trace-scope.ts";

export type Logger = PinoLogger;

/** Fields that never reach a log, wherever they stand in a line. */
const SECRET_FIELDS = ["authorization", "apiKey", "secret", "prompt", "messages", "input", "content", "text"];

/**
 * The logger of one service: JSON lines on standard output, a constant message and named fields.
 * Errors are logged by code, message and stack; their causes by name and message only, since a foreign
 * error may carry a request's body or headers. Lines of work that belongs to a trace say which.
 */
export function createLogger(service: string, level: string, destination?: DestinationStream): Logger {
  const options = {
    level,
    base: { service },
    redact: { paths: SECRET_FIELDS.flatMap((name) => [name, `*.${name}`]), censor: "[redacted]" },
    mixin: traceFields,
    serializers: { error: plainError, err: stdSerializers.err },
  };
  return destination === undefined ? pino(options) : pino(options, destination);
}

/** A new object each time, since the line's own fields are put into it. */
function traceFields(): object {
  const traceparent = presentTraceparent();
  return traceparent === undefined ? {} : { trace_id: traceIdOf(traceparent) };
}

function plainError(error: unknown): unknown {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause instanceof Error ? `${error.cause.name}: ${error.cause.message}` : undefined;
  const code = (error as { code?: unknown }).code;
  return { name: error.name, code, message: error.message, cause, stack: error.stack };
}
