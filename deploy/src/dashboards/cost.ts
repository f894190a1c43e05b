import { COST_DOUBTS } from "./cost-doubts.ts";
import type { DashboardSpec } from "./spec.ts";

/** What the work costs, what routing saves, what is left of budgets, and how sure all of that is. */
export const COST: DashboardSpec = {
  uid: "switchyard-cost",
  title: "Switchyard / Cost",
  description:
    "What the work costs, what routing saves, and what is left of budgets. Sums are floating-point, for graphs: the ledger has them to the last digit.",
  variables: [{ name: "budget", label: "Budget", metric: "switchyard_budget_limit_usd" }],
  rows: [
    {
      title: "In this range of time",
      numbers: [
        {
          title: "Spend",
          description: "Cost of settled calls, those that judged jobs included.",
          unit: "currencyUSD",
          queries: { spend: "sum(increase(switchyard_cost_usd_total[$__range]))" },
        },
        {
          title: "Spend per day",
          description: "What a day costs at the average rate of this range.",
          unit: "currencyUSD",
          queries: { "per day": "sum(rate(switchyard_cost_usd_total[$__range])) * 86400" },
        },
        {
          title: "Cost per job",
          description: "All spend over all jobs that ended, whatever became of them.",
          unit: "currencyUSD",
          queries: {
            "per job":
              "sum(increase(switchyard_cost_usd_total[$__range])) / sum(increase(switchyard_jobs_ended_total[$__range]))",
          },
        },
        {
          title: "Cost per success",
          description: "All spend over the jobs that succeeded: failures make these dearer.",
          unit: "currencyUSD",
          queries: {
            "per success":
              'sum(increase(switchyard_cost_usd_total[$__range])) / sum(increase(switchyard_jobs_ended_total{status="succeeded"}[$__range]))',
          },
        },
        {
          title: "Net saving",
          description:
            "What the strongest allowed model would have cost for the same tokens, less what was paid: for answers, for calls that failed and for judging. Below zero, routing lost money.",
          unit: "currencyUSD",
          queries: {
            saving:
              'sum(increase(switchyard_saving_usd_total{direction="saved"}[$__range])) - sum(increase(switchyard_saving_usd_total{direction="lost"}[$__range]))',
          },
        },
        {
          title: "Net saving, share of baseline",
          description: "Net saving over what the strongest allowed model would have cost.",
          unit: "percentunit",
          queries: {
            saving:
              '(sum(increase(switchyard_saving_usd_total{direction="saved"}[$__range])) - sum(increase(switchyard_saving_usd_total{direction="lost"}[$__range]))) / sum(increase(switchyard_baseline_usd_total[$__range]))',
          },
        },
      ],
    },
    {
      title: "Spend",
      graphs: [
        {
          title: "Spend per hour by model",
          description: "Rate of cost of settled calls, by the model that was called.",
          unit: "currencyUSD",
          kind: "areas",
          queries: {
            "{{model}}": "sum by (model) (rate(switchyard_cost_usd_total[$__rate_interval])) * 3600",
          },
        },
        {
          title: "Spend per hour by class",
          description: "Rate of cost by how hard jobs were judged to be; `none` was not judged yet.",
          unit: "currencyUSD",
          kind: "areas",
          queries: {
            "{{class}}": "sum by (class) (rate(switchyard_cost_usd_total[$__rate_interval])) * 3600",
          },
        },
        {
          title: "Spend per hour by tenant class",
          description:
            "Rate of cost by the classes of tenants in the catalogue; tenants without a class are `other`. What one tenant costs is in GET /v1/costs.",
          unit: "currencyUSD",
          kind: "areas",
          queries: {
            "{{tenant_class}}":
              "sum by (tenant_class) (rate(switchyard_cost_usd_total[$__rate_interval])) * 3600",
          },
        },
        {
          title: "Spend per day by model, last 30 days",
          description:
            "Each column stands at the end of its day, in your time zone; today is not shown. It goes back as far as Prometheus keeps.",
          unit: "currencyUSD",
          ...{ kind: "columns", isWide: true, minInterval: "1d", timeFrom: "30d" },
          queries: { "{{model}}": "sum by (model) (increase(switchyard_cost_usd_total[$__rate_interval]))" },
        },
        {
          title: "Spend by model in this range",
          description: "Where the money went.",
          unit: "currencyUSD",
          ...{ kind: "bars", isWide: true },
          queries: {
            "{{model}}": "sort_desc(sum by (model) (increase(switchyard_cost_usd_total[$__range])))",
          },
        },
      ],
    },
    {
      title: "Saving",
      graphs: [
        {
          title: "Baseline and spend per hour",
          description:
            "What the strongest allowed model would have cost for the same tokens, what all calls cost, and what of that was judging.",
          unit: "currencyUSD",
          queries: {
            baseline: "sum(rate(switchyard_baseline_usd_total[$__rate_interval])) * 3600",
            spend: "sum(rate(switchyard_cost_usd_total[$__rate_interval])) * 3600",
            // Without a model that judges there is no series of it; then 0 is true, as long as there is any spend.
            "of it judging":
              '(sum(rate(switchyard_cost_usd_total{kind="classify"}[$__rate_interval])) or sum(rate(switchyard_cost_usd_total[$__rate_interval])) * 0) * 3600',
          },
        },
        {
          title: "Net saving per hour by class",
          description: "Baseline less all that was paid for a job, judging included. Below zero is a loss.",
          unit: "currencyUSD",
          queries: {
            "{{class}}":
              '(sum by (class) (rate(switchyard_saving_usd_total{direction="saved"}[$__rate_interval])) - sum by (class) (rate(switchyard_saving_usd_total{direction="lost"}[$__rate_interval]))) * 3600',
          },
        },
        {
          title: "Judging, share of spend",
          description:
            "What asking a model to judge jobs costs, of all spend; 0 where jobs are judged locally. Above a tenth it eats what it earns.",
          unit: "percentunit",
          ...{ warnsFrom: 0.05, alarmsFrom: 0.1 },
          queries: {
            judging:
              '(sum(rate(switchyard_cost_usd_total{kind="classify"}[$__rate_interval])) or sum(rate(switchyard_cost_usd_total[$__rate_interval])) * 0) / sum(rate(switchyard_cost_usd_total[$__rate_interval]))',
          },
        },
        {
          title: "Jobs drawn to measure the saving",
          description:
            "Jobs that a random draw left routed, or sent to the baseline, so that the saving is measured and not only computed. Flat at 0 where no holdout is set.",
          unit: "reqps",
          queries: { "{{arm}}": "sum by (arm) (rate(switchyard_jobs_drawn_total[$__rate_interval]))" },
        },
        {
          title: "What the shadow model would have saved or added, per hour",
          description:
            "Expected cost of the choices of a learned model that is watched before it decides. Flat at 0 without one.",
          unit: "currencyUSD",
          queries: {
            "{{direction}}":
              "sum by (direction) (rate(switchyard_shadow_usd_total[$__rate_interval])) * 3600",
          },
        },
        {
          title: "Share of input tokens read from the provider's cache",
          description: "Tokens of prompts that the provider had seen before, and bills at a lower rate.",
          unit: "percentunit",
          queries: {
            "{{model}}":
              'sum by (model) (rate(switchyard_tokens_total{direction="cached_input"}[$__rate_interval])) / sum by (model) (rate(switchyard_tokens_total{direction=~"input|cached_input"}[$__rate_interval]))',
          },
        },
      ],
    },
    {
      title: "Budgets",
      graphs: [
        {
          title: "Used of each budget",
          description:
            "What was spent in the present window and what jobs in progress may yet cost, over the limit.",
          unit: "percentunit",
          ...{ kind: "bars", warnsFrom: 0.8, alarmsFrom: 1 },
          queries: {
            "{{budget}}":
              'max by (budget) ((switchyard_budget_spent_usd{budget=~"$budget"} + switchyard_budget_reserved_usd{budget=~"$budget"}) / switchyard_budget_limit_usd{budget=~"$budget"})',
          },
        },
        {
          title: "Left of each budget",
          description: "Limit less what was spent and what is reserved. At 0, jobs wait or are refused.",
          unit: "currencyUSD",
          queries: {
            "{{budget}}":
              'min by (budget) (switchyard_budget_limit_usd{budget=~"$budget"} - switchyard_budget_spent_usd{budget=~"$budget"} - switchyard_budget_reserved_usd{budget=~"$budget"})',
          },
        },
        {
          title: "Burn of each budget, per hour",
          description: "How fast its spending grows. A window that begins anew does not count as a fall.",
          unit: "currencyUSD",
          minInterval: "1m",
          queries: {
            "{{budget}}":
              'clamp_min(deriv(max by (budget) (switchyard_budget_spent_usd{budget=~"$budget"})[$__rate_interval:]), 0) * 3600',
          },
        },
        {
          title: "Each budget at the end of its window, as it goes now",
          description:
            "What was spent and what the present burn adds until the window ends, over the limit. Above 1 it will not last. Rolling windows have no end, and are not shown.",
          unit: "percentunit",
          ...{ minInterval: "15m", warnsFrom: 0.9, alarmsFrom: 1 },
          queries: {
            "{{budget}}":
              '(max by (budget) (switchyard_budget_spent_usd{budget=~"$budget"}) + clamp_min(deriv(max by (budget) (switchyard_budget_spent_usd{budget=~"$budget"})[$__rate_interval:]), 0) * (max by (budget) (switchyard_budget_window_end_timestamp_seconds{budget=~"$budget"}) - time())) / max by (budget) (switchyard_budget_limit_usd{budget=~"$budget"})',
          },
        },
        {
          title: "Asks that a budget had no room for",
          description:
            "By budget and reason: submits that were refused, and calls each time that they looked for room.",
          unit: "reqps",
          queries: {
            "{{budget}} {{where}} {{reason}}":
              'sum by (budget, where, reason) (rate(switchyard_budget_refusals_total{budget=~"$budget"}[$__rate_interval]))',
          },
        },
        {
          title: "Alerts of budgets in this range",
          description: "Times that the spending of a budget came to its alert.",
          unit: "short",
          ...{ kind: "bars", warnsFrom: 1 },
          queries: {
            "{{budget}}":
              'sum by (budget) (increase(switchyard_budget_alerts_total{budget=~"$budget"}[$__range]))',
          },
        },
        {
          title: "Budgets that are being looked up",
          description:
            "While what was spent of a budget is being looked up, nothing is called that counts in it.",
          unit: "bool_yes_no",
          ...{ kind: "states", alarmsFrom: 1 },
          queries: { "{{budget}}": '1 - max by (budget) (switchyard_budget_ready{budget=~"$budget"})' },
        },
      ],
    },
    COST_DOUBTS,
  ],
};
