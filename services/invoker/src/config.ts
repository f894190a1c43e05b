import {
  baseSettings,
  type EnvironmentSource,
  nullable,
  readEnvironment,
  text,
  type ValuesOf,
  whole,
} from "@switchyard/shared/config";

export const invokerSettings = {
  ...baseSettings,
  models: nullable("INVOKER_MODELS", text, {
    meaning: "ids of the models this process serves, separated by commas; without it every active model",
  }),
  concurrency: nullable("INVOKER_CONCURRENCY", whole(1, 1_000), {
    meaning: "calls in flight per model in this process; without it what the catalogue says",
  }),
} as const;

export type InvokerConfig = ValuesOf<typeof invokerSettings>;

export function readInvokerConfig(source: EnvironmentSource): InvokerConfig {
  return readEnvironment(invokerSettings, source);
}
