import { type Span, trace } from "@opentelemetry/api";
import type { SpanProcessor } from "@opentelemetry/sdk-trace";

/** Lets through what is worth exporting. */
export interface KeptSpans {
  processor: SpanProcessor;
  /** Drops the span at its end, unless one that was begun under it is kept. */
  forget: (span: Span) => void;
}

/**
 * A job that waits for its model's limits may be looked at every second for hours: spans of runs that only found that
 * they have to wait would bury the others. Whether one did is known at its end, and so is whether a span that is kept
 * names it as its parent.
 */
export function keepSpans(next: SpanProcessor): KeptSpans {
  const forgettable = new WeakSet<object>();
  const parents = new WeakMap<object, Span>();
  const needed = new WeakSet<object>();
  const processor: SpanProcessor = {
    onStart(span, context) {
      const parent = trace.getSpan(context);
      if (parent !== undefined) parents.set(span, parent);
      next.onStart(span, context);
    },
    onEnd(span) {
      if (forgettable.has(span) && !needed.has(span)) return;
      const parent = parents.get(span);
      if (parent !== undefined) needed.add(parent);
      next.onEnd(span);
    },
    forceFlush: () => next.forceFlush(),
    shutdown: () => next.shutdown(),
  };
  return { processor, forget: (span) => forgettable.add(span) };
}
