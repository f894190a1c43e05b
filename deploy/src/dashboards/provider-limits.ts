import type { RowSpec } from "./spec.ts";

/** What providers allow, how much of it is used, and who is held back. */
export const PROVIDER_LIMITS: RowSpec = {
  title: "Limits and breakers",
  graphs: [
    {
      title: "Used of the requests per minute",
      description:
        "Calls of a minute over the limit in the catalogue, its own or that of its account. Models without this limit are not shown.",
      unit: "percentunit",
      ...{ warnsFrom: 0.9, alarmsFrom: 1 },
      queries: {
        "{{model}}":
          'sum by (model) (rate(switchyard_provider_call_seconds_count{model=~"$model"}[$__rate_interval])) * 60 / max by (model) (switchyard_provider_limit{model=~"$model", limit="requests_per_minute"})',
      },
    },
    {
      title: "Used of the tokens per minute",
      description:
        "Tokens of a minute over the limit in the catalogue. Models without this limit are not shown.",
      unit: "percentunit",
      ...{ warnsFrom: 0.9, alarmsFrom: 1 },
      queries: {
        "{{model}}":
          'sum by (model) (rate(switchyard_tokens_total{model=~"$model"}[$__rate_interval])) * 60 / max by (model) (switchyard_provider_limit{model=~"$model", limit="tokens_per_minute"})',
      },
    },
    {
      title: "Used of the calls in flight",
      description:
        "Calls on the wire over the limit in the catalogue. Models without this limit are not shown.",
      unit: "percentunit",
      ...{ warnsFrom: 0.9, alarmsFrom: 1 },
      queries: {
        "{{model}}":
          'sum by (model) (switchyard_provider_calls_in_flight{model=~"$model"}) / max by (model) (switchyard_provider_limit{model=~"$model", limit="in_flight"})',
      },
    },
    {
      title: "Used of the requests per minute of an account",
      description:
        "Calls of all models of a provider over the limit of its account. Not shown where it has none.",
      unit: "percentunit",
      ...{ warnsFrom: 0.9, alarmsFrom: 1 },
      queries: {
        "{{provider}}":
          'sum by (provider) (rate(switchyard_provider_call_seconds_count[$__rate_interval])) * 60 / max by (provider) (switchyard_provider_limit{model="all", limit="requests_per_minute"})',
      },
    },
    {
      title: "Used of the tokens per minute of an account",
      description:
        "Tokens of all models of a provider over the limit of its account. Not shown where it has none.",
      unit: "percentunit",
      ...{ warnsFrom: 0.9, alarmsFrom: 1 },
      queries: {
        // A model has the limit of its account, or a lesser one: so its limit tells whose model it is.
        "{{provider}}":
          'sum by (provider) (sum by (model) (rate(switchyard_tokens_total[$__rate_interval])) * on (model) group_left (provider) max by (model, provider) (switchyard_provider_limit{model!="all", limit="tokens_per_minute"} > bool 0)) * 60 / max by (provider) (switchyard_provider_limit{model="all", limit="tokens_per_minute"})',
      },
    },
    {
      title: "Used of the calls in flight of an account",
      description:
        "Calls on the wire of all models of a provider over the limit of its account. Not shown where it has none.",
      unit: "percentunit",
      ...{ warnsFrom: 0.9, alarmsFrom: 1 },
      queries: {
        "{{provider}}":
          'sum by (provider) (switchyard_provider_calls_in_flight) / max by (provider) (switchyard_provider_limit{model="all", limit="in_flight"})',
      },
    },
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
