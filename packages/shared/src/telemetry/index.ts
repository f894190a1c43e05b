export type { Logger } from "./logger.ts";
export { createLogger } from "./logger.ts";
export type { Metrics, RunOutcome } from "./metrics.ts";
export { createMetrics, RUN_OUTCOMES } from "./metrics.ts";
export { observeEnd, observeRun } from "./observe.ts";
export { startAtZero } from "./start-at-zero.ts";
