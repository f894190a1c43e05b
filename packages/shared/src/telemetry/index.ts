export type { Logger } from "./logger.ts";
export { createLogger } from "./logger.ts";
export type { Metrics, RunOutcome } from "./metrics.ts";
export { createMetrics, observeEnd, observeRun } from "./metrics.ts";
