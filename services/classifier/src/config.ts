import {
  baseSettings,
  type EnvironmentSource,
  readEnvironment,
  type ValuesOf,
  whole,
  withDefault,
} from "@switchyard/shared/config";

export const classifierSettings = {
  ...baseSettings,
  concurrency: withDefault("CLASSIFIER_CONCURRENCY", whole(1, 1_000), {
    default: "20",
    meaning: "queue jobs of stage classify in hand at once; each carries up to 100 jobs",
  }),
} as const;

export type ClassifierConfig = ValuesOf<typeof classifierSettings>;

export function readClassifierConfig(source: EnvironmentSource): ClassifierConfig {
  return readEnvironment(classifierSettings, source);
}
