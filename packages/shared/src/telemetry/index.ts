export type { Logger } from "./logger.ts";
export { createLogger } from "./logger.ts";
export type { CallOutcome, Metrics, RunOutcome, SweepAction } from "./metrics.ts";
export { createMetrics, observeEnd, observeRun } from "./metrics.ts";
