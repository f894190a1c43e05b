import type { RowSpec } from "./spec.ts";

/** The API, the ledger, and how the processes themselves are. */
export const PIPELINE_PROCESSES: RowSpec = {
  title: "API, ledger and processes",
  graphs: [
    {
      title: "HTTP answers by status",
      description: "429 is a caller over its limits or a budget without room; 5xx are ours.",
      unit: "reqps",
      kind: "areas",
      queries: {
        "{{status}}": "sum by (status) (rate(switchyard_http_request_seconds_count[$__rate_interval]))",
      },
    },
    {
      title: "Time to submit a job, p95",
      description: "Until the job is on its row. Requests that wait for the answer count with their wait.",
      unit: "s",
      queries: {
        "{{status}}":
          'histogram_quantile(0.95, sum by (le, status) (rate(switchyard_http_request_seconds_bucket{method="POST", route="/v1/jobs"}[$__rate_interval])))',
      },
    },
    {
      title: "Lag of the ledger, p95",
      description: "From the end of a call until it is booked in the totals.",
      unit: "s",
      queries: {
        lag: "histogram_quantile(0.95, sum by (le) (rate(switchyard_ledger_lag_seconds_bucket[$__rate_interval])))",
      },
    },
    {
      title: "Capacity units of the ledger",
      description: "What DynamoDB says the requests took, each second: what it bills.",
      unit: "short",
      kind: "areas",
      queries: {
        "{{operation}}":
          "sum by (operation) (rate(switchyard_ledger_capacity_units_total[$__rate_interval]))",
      },
    },
    {
      title: "Requests that DynamoDB throttled",
      description: "They are repeated. When they go on, the table or an account limit is too small.",
      unit: "reqps",
      alarmsFrom: 1,
      queries: {
        "{{operation}}": "sum by (operation) (rate(switchyard_ledger_throttles_total[$__rate_interval]))",
      },
    },
    {
      title: "What the sweeper did",
      description:
        "Rows that did not move and were helped: a steady rate means that something loses summonses.",
      unit: "reqps",
      queries: { "{{action}}": "sum by (action) (rate(switchyard_sweeps_total[$__rate_interval]))" },
    },
    {
      title: "Jobs whose worker went away",
      description: "Their lock ran out, and they were given to another worker.",
      unit: "reqps",
      queries: {
        "{{stage}} {{model}}":
          "sum by (stage, model) (rate(switchyard_stalled_jobs_total[$__rate_interval]))",
      },
    },
    {
      title: "Errors between workers and Redis",
      description: "Commands that Redis refused, and locks that were lost.",
      unit: "reqps",
      queries: { "{{stage}}": "sum by (stage) (rate(switchyard_worker_errors_total[$__rate_interval]))" },
    },
    {
      title: "Redis may drop jobs",
      description: "Its maxmemory-policy is not noeviction. Not shown where Redis does not tell.",
      unit: "bool_yes_no",
      ...{ kind: "states", alarmsFrom: 1 },
      queries: { "may evict": "1 - min(switchyard_redis_noeviction)" },
    },
    {
      title: "Delay of the event loop, p99",
      description: "By service, of its slowest process. A second and more loses locks.",
      unit: "s",
      ...{ warnsFrom: 0.1, alarmsFrom: 1 },
      queries: { "{{service}}": "max by (service) (nodejs_eventloop_lag_p99_seconds)" },
    },
    {
      title: "Blocks of the event loop",
      description: "Times that it was blocked for a second or more.",
      unit: "reqps",
      queries: {
        "{{service}}": "sum by (service) (rate(switchyard_event_loop_blocks_total[$__rate_interval]))",
      },
    },
    {
      title: "Memory of the largest process",
      description: "By service, resident.",
      unit: "bytes",
      queries: { "{{service}}": "max by (service) (process_resident_memory_bytes)" },
    },
    {
      title: "Processes by version",
      description: "Two versions at once are a rollout, or one that got stuck.",
      unit: "short",
      queries: { "{{service}} {{version}}": "count by (service, version) (switchyard_build_info)" },
    },
  ],
};
