import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import { queueMetrics } from "./queue-metrics.ts";
import { reconciliationMetrics } from "./reconciliation-metrics.ts";

export type RunOutcome = "done" | "retried" | "dead_letter";

const FAST_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const CALL_SECONDS = [0.05, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60, 120, 300];

/**
 * Every metric there is. Labels are bounded: a stage, a model or provider of the catalogue, a class,
 * an outcome, an HTTP route pattern; never a job, a tenant or a prompt. docs/metrics.md has a line for each.
 */
export function createMetrics(service: string) {
  const registry = new Registry();
  registry.setDefaultLabels({ service });
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  return {
    registry,
    ...jobMetrics(registers),
    ...shadowMetrics(registers),
    ...stageMetrics(registers),
    ...queueMetrics(registers),
    ...providerMetrics(registers),
    ...usageMetrics(registers),
    ...budgetMetrics(registers),
    ...reconciliationMetrics(registers),
  };
}

export type Metrics = ReturnType<typeof createMetrics>;

/** Jobs and how they come in. */
function jobMetrics(registers: Registry[]) {
  return {
    httpRequestSeconds: new Histogram({
      name: "switchyard_http_request_seconds",
      help: "Time to answer an HTTP request; long polls include their wait.",
      labelNames: ["method", "route", "status"] as const,
      buckets: FAST_SECONDS,
      registers,
    }),
    jobsAccepted: new Counter({
      name: "switchyard_jobs_accepted_total",
      help: "Jobs whose accept row was written.",
      registers,
    }),
    jobsEnded: new Counter<"status" | "class" | "model">({
      name: "switchyard_jobs_ended_total",
      help: "Jobs that reached their terminal state.",
      labelNames: ["status", "class", "model"],
      registers,
    }),
    jobSeconds: new Histogram<"class">({
      name: "switchyard_job_seconds",
      help: "Time from acceptance to the terminal state.",
      labelNames: ["class"],
      buckets: CALL_SECONDS,
      registers,
    }),
    jobsClassified: new Counter<"class" | "strategy">({
      name: "switchyard_jobs_classified_total",
      help: "Jobs judged, by class and strategy.",
      labelNames: ["class", "strategy"],
      registers,
    }),
    jobsDrawn: new Counter<"arm">({
      name: "switchyard_jobs_drawn_total",
      help: "Jobs that a random draw left routed, or sent to the baseline to measure what routing saves.",
      labelNames: ["arm"],
      registers,
    }),
    consultations: new Counter<"outcome">({
      name: "switchyard_consultations_total",
      help: "What became of asking a model to judge a job, and of the question whether to.",
      labelNames: ["outcome"],
      registers,
    }),
  };
}

/** What an outcome model in the shadow would have done. */
function shadowMetrics(registers: Registry[]) {
  return {
    shadowDecisions: new Counter<"class" | "to">({
      name: "switchyard_shadow_decisions_total",
      help: "Jobs by the class they were routed as and the one that the shadow model would have chosen.",
      labelNames: ["class", "to"],
      registers,
    }),
    shadowUsd: new Counter<"direction">({
      name: "switchyard_shadow_usd_total",
      help: "Expected cost that the shadow model's choices would have saved, or added, for graphs.",
      labelNames: ["direction"],
      registers,
    }),
  };
}

/** Stages, the sweeper and the ledger they write to. */
function stageMetrics(registers: Registry[]) {
  return {
    stageWaitSeconds: new Histogram<"stage">({
      name: "switchyard_stage_wait_seconds",
      help: "Time a summons waited in its queue.",
      labelNames: ["stage"],
      buckets: [...FAST_SECONDS, 60, 300, 1_800],
      registers,
    }),
    stageRunSeconds: new Histogram<"stage" | "outcome">({
      name: "switchyard_stage_run_seconds",
      help: "Time of one run of a stage's handler.",
      labelNames: ["stage", "outcome"],
      buckets: [...FAST_SECONDS, 60, 120],
      registers,
    }),
    workerErrors: new Counter<"stage">({
      name: "switchyard_worker_errors_total",
      help: "Errors between a worker and Redis: commands it refused, locks that were lost.",
      labelNames: ["stage"],
      registers,
    }),
    eventLoopBlocks: new Counter({
      name: "switchyard_event_loop_blocks_total",
      help: "Times the event loop was blocked for a second or more.",
      registers,
    }),
    sweeps: new Counter<"action">({
      name: "switchyard_sweeps_total",
      help: "What the sweeper did to rows that did not move, and to all of them once Redis may have lost something.",
      labelNames: ["action"],
      registers,
    }),
    ledgerRequests: new Counter<"operation">({
      name: "switchyard_ledger_requests_total",
      help: "Requests to DynamoDB.",
      labelNames: ["operation"],
      registers,
    }),
    ledgerCapacityUnits: new Counter<"operation">({
      name: "switchyard_ledger_capacity_units_total",
      help: "Capacity units that DynamoDB says the requests took.",
      labelNames: ["operation"],
      registers,
    }),
  };
}

/** Provider calls. */
function providerMetrics(registers: Registry[]) {
  return {
    providerCallSeconds: new Histogram<"model" | "provider" | "outcome">({
      name: "switchyard_provider_call_seconds",
      help: "Time of a provider call, by what became of it (gen_ai.client.operation.duration).",
      labelNames: ["model", "provider", "outcome"],
      buckets: CALL_SECONDS,
      registers,
    }),
    providerCallsInFlight: new Gauge<"model" | "provider">({
      name: "switchyard_provider_calls_in_flight",
      help: "Provider calls on the wire.",
      labelNames: ["model", "provider"],
      registers,
    }),
    limiterRefusals: new Counter<"model" | "limit">({
      name: "switchyard_limiter_refusals_total",
      help: "Calls that were not made yet, by the limit that they would have passed.",
      labelNames: ["model", "limit"],
      registers,
    }),
    limiterWaitSeconds: new Histogram<"model">({
      name: "switchyard_limiter_wait_seconds",
      help: "Time after which a call that was refused asks again.",
      labelNames: ["model"],
      buckets: CALL_SECONDS,
      registers,
    }),
    breakerOpen: new Gauge<"model" | "reason">({
      name: "switchyard_breaker_open",
      help: "1 while calls of a model are held back for a reason, as all processes see it: take the maximum.",
      labelNames: ["model", "reason"],
      registers,
    }),
    breakerTurns: new Counter<"model" | "to" | "reason">({
      name: "switchyard_breaker_turns_total",
      help: "Turns of the breaker of a model: it opened, stayed open after a probe, or closed.",
      labelNames: ["model", "to", "reason"],
      registers,
    }),
    fallbacks: new Counter<"from" | "to" | "reason">({
      name: "switchyard_fallbacks_total",
      help: "Jobs that left a model for another one, by the reason why.",
      labelNames: ["from", "to", "reason"],
      registers,
    }),
  };
}

/** What calls took and cost. */
function usageMetrics(registers: Registry[]) {
  return {
    tokens: new Counter<"model" | "direction">({
      name: "switchyard_tokens_total",
      help: "Tokens of settled calls by direction: input, cached_input, output (gen_ai.client.token.usage).",
      labelNames: ["model", "direction"],
      registers,
    }),
    costUsd: new Counter<"model" | "class" | "kind">({
      name: "switchyard_cost_usd_total",
      help: "Cost of settled calls, for graphs; the ledger has the exact sum.",
      labelNames: ["model", "class", "kind"],
      registers,
    }),
    baselineUsd: new Counter<"class">({
      name: "switchyard_baseline_usd_total",
      help: "What the strongest allowed model would have cost for the same tokens, for graphs.",
      labelNames: ["class"],
      registers,
    }),
    priceBookAtSeconds: new Gauge({
      name: "switchyard_price_book_timestamp_seconds",
      help: "As of when the price book holds that the process has read, in seconds since the epoch.",
      registers,
    }),
    usageNotes: new Counter<"model" | "note">({
      name: "switchyard_usage_notes_total",
      help: "Usages of providers that were odd, or of which something had to be assumed.",
      labelNames: ["model", "note"],
      registers,
    }),
    callsOverBound: new Counter<"model">({
      name: "switchyard_calls_over_bound_total",
      help: "Settled calls that cost more than was thought possible before; booked as measured.",
      labelNames: ["model"],
      registers,
    }),
    estimatedCalls: new Counter<"model">({
      name: "switchyard_estimated_calls_total",
      help: "Settled calls whose provider stated no usage; their estimated cost is in no sum.",
      labelNames: ["model"],
      registers,
    }),
    unpricedCalls: new Counter<"model">({
      name: "switchyard_unpriced_calls_total",
      help: "Settled calls with tokens that have no rate; they are never booked as 0.",
      labelNames: ["model"],
      registers,
    }),
  };
}

/** How budgets stand, as one cost process at a time shows it; there are at most 500. */
function budgetMetrics(registers: Registry[]) {
  const labelNames = ["budget"] as const;
  return {
    budgetReady: new Gauge<"budget">({
      name: "switchyard_budget_ready",
      help: "0 while what was spent of a budget is being looked up, and nothing is called that counts in it.",
      ...{ labelNames, registers },
    }),
    budgetLimitUsd: new Gauge<"budget">({
      name: "switchyard_budget_limit_usd",
      help: "Limit of a budget, for graphs.",
      ...{ labelNames, registers },
    }),
    budgetSpentUsd: new Gauge<"budget">({
      name: "switchyard_budget_spent_usd",
      help: "What was spent of a budget in its present window, at most, for graphs.",
      ...{ labelNames, registers },
    }),
    budgetReservedUsd: new Gauge<"budget">({
      name: "switchyard_budget_reserved_usd",
      help: "What jobs in progress may yet cost under a budget, for graphs.",
      ...{ labelNames, registers },
    }),
    budgetRefusals: new Counter<"budget" | "where" | "reason">({
      name: "switchyard_budget_refusals_total",
      help: "Asks that a budget had no room for: of submits, and of calls each time that they look for room.",
      labelNames: ["budget", "where", "reason"],
      registers,
    }),
    budgetAlerts: new Counter<"budget">({
      name: "switchyard_budget_alerts_total",
      help: "Times that spending came to the alert of a budget.",
      ...{ labelNames, registers },
    }),
  };
}
