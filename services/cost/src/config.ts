import {
  baseSettings,
  type EnvironmentSource,
  readEnvironment,
  type ValuesOf,
  whole,
  withDefault,
} from "@switchyard/shared/config";

export const costSettings = {
  ...baseSettings,
  concurrency: withDefault("SETTLE_CONCURRENCY", whole(1, 1_000), {
    default: "20",
    meaning: "queue jobs of stage settle in hand at once; each carries up to 100 jobs",
  }),
  sweepIntervalMs: withDefault("SWEEP_INTERVAL_MS", whole(50, 600_000), {
    default: "5000",
    meaning: "pause between two rounds of the sweeper, and of the keeper of budgets",
  }),
} as const;

export type CostConfig = ValuesOf<typeof costSettings>;

export function readCostConfig(source: EnvironmentSource): CostConfig {
  return readEnvironment(costSettings, source);
}
