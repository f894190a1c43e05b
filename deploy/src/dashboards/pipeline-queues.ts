import type { RowSpec } from "./spec.ts";

/** Queues, and whether there are workers enough for them. One replica of ingest publishes what queues hold. */
export const PIPELINE_QUEUES: RowSpec = {
  title: "Queues and workers",
  graphs: [
    {
      title: "Wait in the queue, p95",
      description: "By stage, from the summons to the run.",
      unit: "s",
      queries: {
        "{{stage}}":
          "histogram_quantile(0.95, sum by (le, stage) (rate(switchyard_stage_wait_seconds_bucket[$__rate_interval])))",
      },
    },
    {
      title: "Run of a stage, p95",
      description: "Time of one run of a stage's handler; that of invoke holds the call.",
      unit: "s",
      queries: {
        "{{stage}}":
          "histogram_quantile(0.95, sum by (le, stage) (rate(switchyard_stage_run_seconds_bucket[$__rate_interval])))",
      },
    },
    {
      title: "Runs by outcome",
      description: "A retried run comes back later; a dead letter does not, and waits for a person.",
      unit: "reqps",
      queries: {
        "{{stage}} {{outcome}}":
          "sum by (stage, outcome) (rate(switchyard_stage_run_seconds_count[$__rate_interval]))",
      },
    },
  ],
};
