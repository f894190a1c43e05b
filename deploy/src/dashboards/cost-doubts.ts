import type { RowSpec } from "./spec.ts";

/** What the sums of the dashboard do not contain, and how far providers agree with them. */
export const COST_DOUBTS: RowSpec = {
  title: "What is not in these sums",
  graphs: [
    {
      title: "Tokens without a price, per minute",
      description:
        "Tokens of settled calls that have no rate. They are never booked as 0, and are priced later.",
      unit: "short",
      queries: {
        "{{model}} {{direction}}":
          "sum by (model, direction) (rate(switchyard_unpriced_tokens_total[$__rate_interval])) * 60",
      },
    },
    {
      title: "Calls without a price in this range",
      description: "Settled calls with tokens that have no rate, by model. Put the rate into the price book.",
      unit: "short",
      ...{ kind: "bars", alarmsFrom: 1 },
      queries: { "{{model}}": "sum by (model) (increase(switchyard_unpriced_calls_total[$__range]))" },
    },
    {
      title: "Models without a price",
      description:
        "Active models that the price book does not know: they take no jobs unless a tenant allows it.",
      unit: "bool_yes_no",
      ...{ kind: "states", alarmsFrom: 1 },
      queries: { "{{model}}": "1 - max by (model) (switchyard_model_priced)" },
    },
    {
      title: "At risk, per hour",
      description:
        "Ceilings of calls whose outcome stayed unknown: the provider may have billed that much at most. Reconciliation settles it.",
      unit: "currencyUSD",
      queries: {
        "{{model}}": "sum by (model) (rate(switchyard_at_risk_usd_total[$__rate_interval])) * 3600",
      },
    },
    {
      title: "Reconciliation: what the provider billed beyond the ledger",
      description:
        "Difference in the last reconciliation of each model. 0 is agreement; above it, we booked too little.",
      unit: "currencyUSD",
      queries: { "{{model}}": "max by (model) (switchyard_reconciliation_difference_usd)" },
    },
    {
      title: "Last reconciliation",
      description:
        "When each model was last compared with its provider's file; more than 50 years ago: never.",
      unit: "dateTimeFromNow",
      kind: "bars",
      queries: { "{{model}}": "max by (model) (switchyard_reconciliation_timestamp_seconds) * 1000" },
    },
    {
      title: "Calls whose usage was estimated",
      description: "Settled calls whose provider stated no usage. What they may have cost is in no sum.",
      unit: "reqps",
      queries: { "{{model}}": "sum by (model) (rate(switchyard_estimated_calls_total[$__rate_interval]))" },
    },
    {
      title: "Calls that cost more than was thought possible",
      description:
        "Booked as measured; budgets reserved too little for them. Look at the bound of the model.",
      unit: "reqps",
      queries: { "{{model}}": "sum by (model) (rate(switchyard_calls_over_bound_total[$__rate_interval]))" },
    },
    {
      title: "Price book in use",
      description: "As of when its prices hold; services that read another book differ.",
      unit: "dateTimeFromNow",
      kind: "bars",
      queries: { "{{service}}": "min by (service) (switchyard_price_book_timestamp_seconds) * 1000" },
    },
  ],
};
