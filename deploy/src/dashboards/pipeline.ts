import { PIPELINE_PROCESSES } from "./pipeline-processes.ts";
import { PIPELINE_QUEUES } from "./pipeline-queues.ts";
import type { DashboardSpec } from "./spec.ts";

/** How jobs come in, wait, run and end. */
export const PIPELINE: DashboardSpec = {
  uid: "switchyard-pipeline",
  title: "Switchyard / Pipeline",
  description:
    "How jobs come in, wait, run and end; whether there are workers enough, and whether they are well.",
  variables: [{ name: "queue", label: "Queue", metric: "switchyard_queue_load" }],
  rows: [
    {
      title: "In this range of time",
      numbers: [
        {
          title: "Jobs accepted",
          description: "Jobs whose accept row was written.",
          unit: "short",
          queries: { accepted: "sum(increase(switchyard_jobs_accepted_total[$__range]))" },
        },
        {
          title: "Succeeded",
          description: "Of the jobs that ended, those that succeeded.",
          unit: "percentunit",
          queries: {
            succeeded:
              'sum(increase(switchyard_jobs_ended_total{status="succeeded"}[$__range])) / sum(increase(switchyard_jobs_ended_total[$__range]))',
          },
        },
        {
          title: "Median time of a job",
          description: "From acceptance to its end; half of the jobs were faster.",
          unit: "s",
          queries: {
            median:
              "histogram_quantile(0.5, sum by (le) (increase(switchyard_job_seconds_bucket[$__range])))",
          },
        },
        {
          title: "Calls per job",
          description: "Calls of providers over jobs that ended. Above 1 are retries, fallbacks and judging.",
          unit: "short",
          queries: {
            calls:
              "sum(increase(switchyard_provider_call_seconds_count[$__range])) / sum(increase(switchyard_jobs_ended_total[$__range]))",
          },
        },
        {
          title: "Dead letters",
          description: "Runs after which a job is not tried again; each is kept for a person to look at.",
          unit: "short",
          warnsFrom: 1,
          queries: {
            "dead letters":
              'sum(increase(switchyard_stage_run_seconds_count{outcome="dead_letter"}[$__range]))',
          },
        },
        {
          title: "Queued now",
          description: "What waits and is due, and what runs, in all queues that are not paused.",
          unit: "short",
          queries: { queued: "sum(max by (queue) (switchyard_queue_load))" },
        },
      ],
    },
    PIPELINE_QUEUES,
    {
      title: "Outcomes",
      graphs: [
        {
          title: "Jobs accepted and ended",
          description: "Each second. What comes in and does not go out piles up in a queue.",
          unit: "reqps",
          queries: {
            accepted: "sum(rate(switchyard_jobs_accepted_total[$__rate_interval]))",
            "{{status}}": "sum by (status) (rate(switchyard_jobs_ended_total[$__rate_interval]))",
          },
        },
        {
          title: "Time of a job by class, median",
          description: "From acceptance to its end.",
          unit: "s",
          queries: {
            "{{class}}":
              "histogram_quantile(0.5, sum by (le, class) (rate(switchyard_job_seconds_bucket[$__rate_interval])))",
          },
        },
        {
          title: "Time of a job by class, p99",
          description: "From acceptance to its end; one job in a hundred took longer.",
          unit: "s",
          queries: {
            "{{class}}":
              "histogram_quantile(0.99, sum by (le, class) (rate(switchyard_job_seconds_bucket[$__rate_interval])))",
          },
        },
        {
          title: "Jobs judged, by class and strategy",
          description: "What jobs were taken for, and how that was decided.",
          unit: "reqps",
          kind: "areas",
          queries: {
            "{{class}} {{strategy}}":
              "sum by (class, strategy) (rate(switchyard_jobs_classified_total[$__rate_interval]))",
          },
        },
        {
          title: "Questions to the judging model",
          description:
            "What became of asking a model to judge a job. Flat at 0 where jobs are judged locally.",
          unit: "reqps",
          queries: {
            "{{outcome}}": "sum by (outcome) (rate(switchyard_consultations_total[$__rate_interval]))",
          },
        },
        {
          title: "Calls per job",
          description: "Calls of providers over jobs that ended. Above 1 are retries, fallbacks and judging.",
          unit: "short",
          queries: {
            calls:
              "sum(rate(switchyard_provider_call_seconds_count[$__rate_interval])) / sum(rate(switchyard_jobs_ended_total[$__rate_interval]))",
          },
        },
      ],
    },
    PIPELINE_PROCESSES,
  ],
};
