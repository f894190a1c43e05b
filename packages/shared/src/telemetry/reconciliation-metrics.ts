import { Gauge, type Registry } from "prom-client";

/** What providers' files and the ledger said of each model when they were compared last. */
export function reconciliationMetrics(registers: Registry[]) {
  return {
    reconciliationDifferenceUsd: new Gauge<"model">({
      name: "switchyard_reconciliation_difference_usd",
      help: "What the provider's file said beyond the ledger in the last reconciliation, for graphs.",
      labelNames: ["model"],
      registers,
    }),
    reconciliationDifferenceTokens: new Gauge<"model">({
      name: "switchyard_reconciliation_difference_tokens",
      help: "Tokens that the provider's file said beyond the ledger in the last reconciliation.",
      labelNames: ["model"],
      registers,
    }),
    reconciliationAtSeconds: new Gauge<"model">({
      name: "switchyard_reconciliation_timestamp_seconds",
      help: "When the model was last reconciled, in seconds since the epoch; 0: never.",
      labelNames: ["model"],
      registers,
    }),
  };
}
