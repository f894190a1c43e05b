import { type EnterSpan, NO_SPAN, withinScope } from "./trace-scope.ts";
import { formatTraceparent, parseTraceparent } from "./traceparent.ts";

/** What tracing needs of the queue library, which this row does not know. */
export interface QueueTracing {
  /** The library's telemetry hook, kept as it is: made here, taken by the queues. */
  readonly hook: object;
  /** A queue job's own place in a trace, as the hook reads it. */
  metadataOf: (traceparent: string) => string;
  /** Does work at exactly this place, or in no trace at all, whatever the present one is. */
  apart: <Result>(traceparent: string | undefined, work: () => Result) => Result;
  /** The present queue job only waited: unless something happened in it, its span is not exported. */
  forget: () => void;
}

/** How a service takes part in traces. */
export interface Tracing {
  enter: EnterSpan;
  /** Undefined where nothing is recorded: the queues then do nothing more than they must. */
  queues: QueueTracing | undefined;
  /** Exports what is left, for a bounded time. */
  close: () => Promise<void>;
}

/** Records nothing; a place in a trace that work comes with still travels with it, and into its log lines. */
export const NO_TRACING: Tracing = {
  enter(traceparent, _start, work) {
    return followTrace(traceparent, (kept) => work({ ...NO_SPAN, traceparent: kept }));
  },
  queues: undefined,
  close: async () => {},
};

/** Does work at a place in a trace without a span of its own. What is no `traceparent` is ignored. */
export function followTrace<Result>(
  traceparent: string | undefined,
  work: (traceparent: string | undefined) => Result,
): Result {
  const place = parseTraceparent(traceparent);
  if (place === null) return withinScope(undefined, () => work(undefined));
  const kept = formatTraceparent(place);
  // Where nothing is recorded there is no other place to go to.
  const enter: EnterSpan = (_, start, inner) => NO_TRACING.enter(kept, start, inner);
  return withinScope({ traceparent: kept, span: NO_SPAN, enter }, () => work(kept));
}
