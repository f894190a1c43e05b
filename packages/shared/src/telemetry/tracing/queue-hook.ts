import { context, ROOT_CONTEXT, type Span, type SpanOptions, type Tracer, trace } from "@opentelemetry/api";
import { BullMQOTelSpan, BullMQOtel } from "bullmq-otel";
import type { KeptSpans } from "./kept-spans.ts";
import { contextAt } from "./otel-context.ts";
import { parseTraceparent } from "./traceparent.ts";
import type { QueueTracing } from "./tracing.ts";

type Context = Parameters<BullMQOTelSpan["setSpanOnContext"]>[0];

/** Of what the library traces: a queue job's way into its queue, and its processing. The rest is its housekeeping. */
const WANTED = /^(add|process) /;

/** A queue job's spans, with no more of an error than its name: a foreign one may quote anything. */
class QueueSpan extends BullMQOTelSpan {
  override recordException(exception: Parameters<BullMQOTelSpan["recordException"]>[0]): void {
    const name = exception instanceof Error ? exception.name : "Error";
    this.span.setAttribute("error.type", name);
  }

  override addEvent(): void {}
}

/** Stands for a span that is not wanted: what is done under it is done under the present one. */
class NoQueueSpan extends QueueSpan {
  override setSpanOnContext(active: Context): Context {
    return active;
  }

  override setAttribute(): void {}
  override setAttributes(): void {}
  override recordException(): void {}
  override end(): void {}
}

/** The hook of bullmq-otel, on a tracer of one service: the library itself only knows the one of the process. */
export function queueTracing(tracer: Tracer, kept: KeptSpans): QueueTracing {
  const { contextManager } = new BullMQOtel();
  return {
    hook: {
      contextManager,
      tracer: {
        startSpan(name: string, options?: SpanOptions, at?: Context): QueueSpan {
          if (!WANTED.test(name)) return new NoQueueSpan(NOT_RECORDED);
          return new QueueSpan(tracer.startSpan(name, options, at === undefined ? at : withoutLocal(at)));
        },
      },
    },
    metadataOf: (traceparent) => JSON.stringify({ traceparent }),
    apart(traceparent, work) {
      const place = parseTraceparent(traceparent);
      return context.with(place === null ? ROOT_CONTEXT : contextAt(place), work);
    },
    forget() {
      const span = trace.getActiveSpan();
      if (span !== undefined) kept.forget(span);
    },
  };
}

/**
 * A queue job is processed below what its own metadata say, never below the span that was present when the worker's
 * loop began: a worker that was paused by one of its runs begins another loop inside that run.
 */
function withoutLocal(at: Context): Context {
  return trace.getSpanContext(at)?.isRemote === true ? at : ROOT_CONTEXT;
}

const NOT_RECORDED: Span = trace.wrapSpanContext({ traceId: "", spanId: "", traceFlags: 0 });
