import { Counter, Histogram, type Registry } from "prom-client";

/** A settle that was lost is found by the sweeper after minutes, or an hour where its job has ended. */
const LAG_SECONDS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1_800, 3_600];

/** The ledger, and how far its totals are behind. */
export function ledgerMetrics(registers: Registry[]) {
  return {
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
    ledgerThrottles: new Counter<"operation">({
      name: "switchyard_ledger_throttles_total",
      help: "Answers of DynamoDB that asked to slow down, those to repeated requests included.",
      labelNames: ["operation"],
      registers,
    }),
    ledgerLagSeconds: new Histogram({
      name: "switchyard_ledger_lag_seconds",
      help: "Time from the end of a call for an answer until the totals contain what it cost.",
      buckets: LAG_SECONDS,
      registers,
    }),
  };
}
