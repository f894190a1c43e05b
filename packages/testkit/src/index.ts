export { findPrometheus } from "./find-prometheus.ts";
export { type FindRedisOptions, findRedis } from "./find-redis.ts";
export { freePort } from "./free-port.ts";
export { type LossyDynamodb, startLossyDynamodb, type Weather } from "./lossy-dynamodb.ts";
export { RedisNotFound } from "./redis-not-found.ts";
export type { RunningRedis } from "./running-redis.ts";
export {
  type RunningDynamodb,
  type StartDynamodbOptions,
  startDynamodb,
} from "./start-dynamodb.ts";
export {
  type RunningDynamodbProcess,
  type StartDynamodbProcessOptions,
  startDynamodbProcess,
} from "./start-dynamodb-process.ts";
export {
  type ProcessExit,
  type RunningProcess,
  type StartProcessOptions,
  startProcess,
} from "./start-process.ts";
export {
  type Rule,
  type RunningPrometheus,
  type Series,
  type StartPrometheusOptions,
  startPrometheus,
} from "./start-prometheus.ts";
export { type StartRedisOptions, startRedis } from "./start-redis.ts";
export { testDynamodb, testRedis } from "./test-servers.ts";
export { uniquePrefix } from "./unique-prefix.ts";
export { type WaitOptions, waitFor } from "./wait-for.ts";
export { watchLeaks } from "./watch-leaks.ts";
