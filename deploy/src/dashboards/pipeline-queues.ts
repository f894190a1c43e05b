import type { RowSpec } from "./spec.ts";

/** Queues, and whether there are workers enough for them. One replica of ingest publishes what queues hold. */
export const PIPELINE_QUEUES: RowSpec = {
  title: "Queues and workers",
  graphs: [
    {
      title: "Load of queues",
      description:
        "What waits and is due, and what runs: what pools are scaled by. 0 while a queue is paused.",
      unit: "short",
      kind: "areas",
      queries: { "{{queue}}": 'max by (queue) (switchyard_queue_load{queue=~"$queue"})' },
    },
    {
      title: "Age of the oldest job",
      description: "How long the job that waits longest in each queue has done so.",
      unit: "s",
      queries: { "{{queue}}": 'max by (queue) (switchyard_queue_oldest_job_age_seconds{queue=~"$queue"})' },
    },
    {
      title: "Time to drain",
      description:
        "How long the workers that there are need for what waits, within the limits of the provider. Nothing is shown where nobody works.",
      unit: "s",
      queries: { "{{queue}}": 'max by (queue) (switchyard_queue_drain_seconds{queue=~"$queue"})' },
    },
    {
      title: "Jobs by state",
      description: "Delayed jobs wait for their time: a limit, a back-off or a hold.",
      unit: "short",
      queries: {
        "{{queue}} {{state}}": 'max by (queue, state) (switchyard_queue_jobs{queue=~"$queue"})',
      },
    },
    {
      title: "Backlog",
      description:
        "Time that one place of a worker would need for all that waits: expected tokens, times seconds per token.",
      unit: "s",
      queries: {
        "{{queue}}": 'max by (queue) (switchyard_queue_backlog_token_seconds{queue=~"$queue"})',
      },
    },
    {
      title: "Queues that are paused",
      description: "Nothing is taken from them until somebody resumes them.",
      unit: "bool_yes_no",
      ...{ kind: "states", alarmsFrom: 1 },
      queries: { "{{queue}}": 'max by (queue) (switchyard_queue_paused{queue=~"$queue"})' },
    },
    {
      title: "Workers in use",
      description:
        "Share of the places of all workers that were busy, but for those that drain. Near 1, more processes are needed.",
      unit: "percentunit",
      ...{ warnsFrom: 0.9, alarmsFrom: 1 },
      queries: {
        "{{stage}}":
          "sum by (stage) (switchyard_worker_slots_used and switchyard_worker_slots > 0) / sum by (stage) (switchyard_worker_slots)",
      },
    },
    {
      title: "Invokers in use by model",
      description:
        "Share of the places of all invokers of a model that were busy, but for those that drain. Nothing is shown where there are none.",
      unit: "percentunit",
      ...{ warnsFrom: 0.9, alarmsFrom: 1 },
      queries: {
        "{{model}}":
          'sum by (model) (switchyard_worker_slots_used{stage="invoke"} and switchyard_worker_slots{stage="invoke"} > 0) / sum by (model) (switchyard_worker_slots{stage="invoke"})',
      },
    },
    {
      title: "Age of the numbers about queues",
      description: "Since they were last read from Redis. A minute means that nobody publishes them.",
      unit: "s",
      ...{ warnsFrom: 30, alarmsFrom: 60 },
      queries: { age: "time() - max(switchyard_queue_load_timestamp_seconds)" },
    },
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
