import type { RowSpec } from "./spec.ts";

/** What the sums of the dashboard do not contain, and how far providers agree with them. */
export const COST_DOUBTS: RowSpec = {
  title: "What is not in these sums",
  graphs: [
    {
      title: "Calls without a price in this range",
      description: "Settled calls with tokens that have no rate, by model. Put the rate into the price book.",
      unit: "short",
      ...{ kind: "bars", alarmsFrom: 1 },
      queries: { "{{model}}": "sum by (model) (increase(switchyard_unpriced_calls_total[$__range]))" },
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
      description: "When each model was last compared with its provider's file; 1970: never.",
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
