export { keepSeriesOf } from "./keep-series.ts";
export type { Logger } from "./logger.ts";
export { createLogger } from "./logger.ts";
export type { Metrics, RunOutcome } from "./metrics.ts";
export { createMetrics, RUN_OUTCOMES } from "./metrics.ts";
export { observeEnd, observeRun } from "./observe.ts";
export { startAtZero } from "./start-at-zero.ts";
export { openTracing } from "./tracing/open-tracing.ts";
export type { OpenSpan, SpanFacts } from "./tracing/trace-scope.ts";
export {
  annotateSpan,
  inOwnTrace,
  inSpan,
  presentTraceparent,
  traceIdOf,
} from "./tracing/trace-scope.ts";
export type { Tracing } from "./tracing/tracing.ts";
export { followTrace, NO_TRACING } from "./tracing/tracing.ts";
