import { Counter, Gauge, type Registry } from "prom-client";

/** How budgets stand, as one cost process at a time shows it; there are at most 500. */
export function budgetMetrics(registers: Registry[]) {
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
    budgetWindowEndsAtSeconds: new Gauge<"budget">({
      name: "switchyard_budget_window_end_timestamp_seconds",
      help: "When a budget begins anew, in seconds since the epoch; absent for rolling windows.",
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
