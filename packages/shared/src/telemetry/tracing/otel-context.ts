import {
  type Context,
  context,
  propagation,
  ROOT_CONTEXT,
  type SpanContext,
  TraceFlags,
  trace,
} from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { formatTraceparent, parseTraceparent, type TracePlace } from "./traceparent.ts";

export function placeOf({ traceId, spanId, traceFlags }: SpanContext): TracePlace {
  return { traceId, spanId, isSampled: (traceFlags & TraceFlags.SAMPLED) === TraceFlags.SAMPLED };
}

/** A context for spans under a place that another process, or an earlier run, has left. */
export function contextAt({ traceId, spanId, isSampled }: TracePlace, base = ROOT_CONTEXT): Context {
  const traceFlags = isSampled ? TraceFlags.SAMPLED : TraceFlags.NONE;
  return trace.setSpanContext(base, { traceId, spanId, traceFlags, isRemote: true });
}

/**
 * What bullmq-otel takes from the process as a whole. Of several services in one process the first sets it, and the
 * others find it set.
 */
export function registerContext(): void {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager());
  propagation.setGlobalPropagator({
    inject(active, carrier, setter) {
      const span = trace.getSpanContext(active);
      if (span !== undefined && trace.isSpanContextValid(span))
        setter.set(carrier, HEADER, formatTraceparent(placeOf(span)));
    },
    extract(active, carrier, getter) {
      const header = getter.get(carrier, HEADER);
      const place = parseTraceparent(typeof header === "string" ? header : undefined);
      return place === null ? active : contextAt(place, active);
    },
    fields: () => [HEADER],
  });
}

const HEADER = "traceparent";
