import type { RowSpec } from "./spec.ts";

/** What providers allow, how much of it is used, and who is held back. */
export const PROVIDER_LIMITS: RowSpec = {
  title: "Limits and breakers",
  graphs: [
    {
      title: "Calls that had to wait",
      description:
        "By what they would have passed: a limit of the catalogue, a hold that the provider asked for, or the model's breaker.",
      unit: "reqps",
      queries: {
        "{{model}} {{limit}}":
          'sum by (model, limit) (rate(switchyard_limiter_refusals_total{model=~"$model"}[$__rate_interval]))',
      },
    },
    {
      title: "Wait of a call that had to, p95",
      description: "Time after which a call that was not made yet asks again.",
      unit: "s",
      queries: {
        "{{model}}":
          'histogram_quantile(0.95, sum by (le, model) (rate(switchyard_limiter_wait_seconds_bucket{model=~"$model"}[$__rate_interval])))',
      },
    },
    {
      title: "Breakers",
      description:
        "Models whose calls are held back, because calls failed or because the provider refused the key.",
      unit: "bool_yes_no",
      ...{ kind: "states", alarmsFrom: 1 },
      queries: {
        "{{model}} {{reason}}": 'max by (model, reason) (switchyard_breaker_open{model=~"$model"})',
      },
    },
    {
      title: "Turns of breakers",
      description: "They opened, stayed open after a probe, or closed.",
      unit: "reqps",
      ...{ kind: "columns", isWide: true },
      queries: {
        "{{model}} {{to}} {{reason}}":
          'sum by (model, to, reason) (rate(switchyard_breaker_turns_total{model=~"$model"}[$__rate_interval]))',
      },
    },
    {
      title: "Jobs that left their model",
      description: "From which model to which, and why.",
      unit: "reqps",
      ...{ kind: "columns", isWide: true },
      queries: {
        "{{from}} → {{to}} {{reason}}":
          'sum by (from, to, reason) (rate(switchyard_fallbacks_total{from=~"$model"}[$__rate_interval]))',
      },
    },
  ],
};
