export type { RedisConnection } from "./connection.ts";
export { checkRedis, connect } from "./connection.ts";
export type { EventPublisher, JobEvent } from "./events.ts";
export { eventPublisher, subscribeToCancels, subscribeToEvents } from "./events.ts";
export type { RunContext, RunStageOptions, StageHandler, StageRunner } from "./run-stage.ts";
export { later, runStage } from "./run-stage.ts";
export type { Summoner, SummonOptions } from "./summons.ts";
export { openSummoner } from "./summons.ts";
