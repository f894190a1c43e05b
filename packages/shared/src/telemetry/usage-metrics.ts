import { Counter, Gauge, type Registry } from "prom-client";

/** What calls took and cost. */
export function usageMetrics(registers: Registry[]) {
  return {
    tokens: new Counter<"model" | "direction">({
      name: "switchyard_tokens_total",
      help: "Tokens of settled calls by direction: input, cached_input, output (gen_ai.client.token.usage).",
      labelNames: ["model", "direction"],
      registers,
    }),
    costUsd: new Counter<"model" | "class" | "kind" | "tenant_class">({
      name: "switchyard_cost_usd_total",
      help: "Cost of settled calls, for graphs; the ledger has the exact sum.",
      labelNames: ["model", "class", "kind", "tenant_class"],
      registers,
    }),
    baselineUsd: new Counter<"class">({
      name: "switchyard_baseline_usd_total",
      help: "What the strongest allowed model would have cost for the same tokens, for graphs.",
      labelNames: ["class"],
      registers,
    }),
    savingUsd: new Counter<"class" | "direction">({
      name: "switchyard_saving_usd_total",
      help: "What jobs cost less than their baseline, or more, judging included, for graphs.",
      labelNames: ["class", "direction"],
      registers,
    }),
    atRiskUsd: new Counter<"model">({
      name: "switchyard_at_risk_usd_total",
      help: "Most that calls may have cost whose outcome stayed unknown, for graphs.",
      labelNames: ["model"],
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
    unpricedTokens: new Counter<"model" | "direction">({
      name: "switchyard_unpriced_tokens_total",
      help: "Tokens of settled calls that have no cost, because one of their rates is missing.",
      labelNames: ["model", "direction"],
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
