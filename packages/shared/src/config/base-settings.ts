import { z } from "zod";
import type { ValuesOf } from "./read-environment.ts";
import { flag, httpUrl, names, nullable, oneOf, required, text, whole, withDefault } from "./setting.ts";
import { tracingSettings } from "./tracing-settings.ts";

const redisUrl = z
  .string()
  .refine(
    (value) => (/^rediss?:\/\/\S+$/i.test(value) && URL.canParse(value)) || /^(unix:\/\/)?\/\S+$/.test(value),
    "must start with redis:// or rediss://, or be the path of a unix socket",
  );

const queuePrefix = z
  .string()
  .regex(/^[\w{}.-]{1,64}$/, "must be 1 to 64 letters, digits or one of { } . - _");

/** What every service reads. Each adds its own settings to these in its `config.ts`. */
export const baseSettings = {
  redisUrl: required("REDIS_URL", redisUrl, {
    meaning: "address of Redis, such as redis://127.0.0.1:6379, or the path of its unix socket",
    isSecret: true,
  }),
  dynamodbEndpoint: nullable("DYNAMODB_ENDPOINT", httpUrl, {
    meaning: "address of an emulated DynamoDB; without it the one of AWS is used",
  }),
  awsRegion: withDefault("AWS_REGION", text, { default: "us-east-1", meaning: "AWS region of the table" }),
  dynamodbTable: withDefault(
    "DYNAMODB_TABLE",
    text.regex(/^[\w.-]{3,255}$/, "must be 3 to 255 letters, digits or one of . - _"),
    {
      default: "switchyard",
      meaning: "name of the table",
    },
  ),
  createsTable: withDefault("DYNAMODB_CREATE_TABLE", flag, {
    default: "false",
    meaning: "create the table at start if it does not exist",
  }),
  catalogueFile: nullable("SWITCHYARD_CONFIG", text, {
    meaning: "path of the catalogue; without it the switchyard.yaml that is shipped",
  }),
  pricesFile: nullable("SWITCHYARD_PRICES", text, {
    meaning: "path of the price book; without it the prices.json that is shipped",
  }),
  activeProviders: nullable("ACTIVE_PROVIDERS", names, {
    meaning:
      "ids of the active providers, separated by commas, for processes that hold no keys; without it those whose variables are all set",
  }),
  queuePrefix: withDefault("QUEUE_PREFIX", queuePrefix, {
    default: "{sw}",
    meaning: "start of every Redis key; the braces keep all queues in one slot of a Redis Cluster",
  }),
  queueLockMs: withDefault("QUEUE_LOCK_MS", whole(1_000, 3_600_000), {
    default: "30000",
    meaning:
      "how long a worker that is not heard of keeps its queue jobs; longer than the outages of Redis to ride out",
  }),
  sweepStaleMs: withDefault("SWEEP_STALE_MS", whole(50, 3_600_000), {
    default: "30000",
    meaning: "a job that has not moved for so long gets its summons again",
  }),
  opsHost: withDefault("OPS_HOST", text, {
    default: "0.0.0.0",
    meaning: "address that health and metrics are served on",
  }),
  opsPort: withDefault("OPS_PORT", whole(0, 65_535), {
    default: "9464",
    meaning: "port that health and metrics are served on; 0 takes any free one",
  }),
  logLevel: withDefault("LOG_LEVEL", oneOf("fatal", "error", "warn", "info", "debug", "trace", "silent"), {
    default: "info",
    meaning: "least level that is logged: fatal, error, warn, info, debug, trace or silent",
  }),
  drainTimeoutMs: withDefault("DRAIN_TIMEOUT_MS", whole(0, 3_600_000), {
    default: "30000",
    meaning: "how long a stopping process waits for what it has in hand",
  }),
  ...tracingSettings,
  failpoints: nullable("SWITCHYARD_FAILPOINTS", text, {
    meaning: "places at which the process kills itself; for crash tests only",
  }),
} as const;

export type BaseConfig = ValuesOf<typeof baseSettings>;
