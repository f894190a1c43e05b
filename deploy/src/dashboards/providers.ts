import { PROVIDER_LIMITS } from "./provider-limits.ts";
import type { DashboardSpec, GraphSpec } from "./spec.ts";

/** One graph for each share of calls that is faster. */
const latency = (name: string, quantile: number): GraphSpec => ({
  title: `Time of a call, ${name}`,
  description:
    "Of calls that were answered and settled. The last bucket ends at ten minutes: what takes longer shows as that.",
  unit: "s",
  queries: {
    "{{model}}": `histogram_quantile(${quantile}, sum by (le, model) (rate(switchyard_provider_call_seconds_bucket{model=~"$model", outcome="settled"}[$__rate_interval])))`,
  },
});

/** How providers answer, how much of what they allow is used, and who is held back. */
export const PROVIDERS: DashboardSpec = {
  uid: "switchyard-providers",
  title: "Switchyard / Providers",
  description: "How providers answer, how much of what they allow is used, and which models are held back.",
  variables: [{ name: "model", label: "Model", metric: "switchyard_provider_call_seconds_count" }],
  rows: [
    {
      title: "In this range of time",
      numbers: [
        {
          title: "Calls",
          description: "Calls to providers that ended, whatever became of them.",
          unit: "short",
          queries: {
            calls: 'sum(increase(switchyard_provider_call_seconds_count{model=~"$model"}[$__range]))',
          },
        },
        {
          title: "Answered",
          description: "Share of calls that were answered and settled.",
          unit: "percentunit",
          queries: {
            answered:
              'sum(increase(switchyard_provider_call_seconds_count{model=~"$model", outcome="settled"}[$__range])) / sum(increase(switchyard_provider_call_seconds_count{model=~"$model"}[$__range]))',
          },
        },
        {
          title: "Refused as too many (429)",
          description:
            "Share of calls that the provider answered with 429. Limits in the catalogue should keep it near 0.",
          unit: "percentunit",
          ...{ warnsFrom: 0.01, alarmsFrom: 0.1 },
          queries: {
            "429":
              'sum(increase(switchyard_provider_errors_total{model=~"$model", error="rate_limited"}[$__range])) / sum(increase(switchyard_provider_call_seconds_count{model=~"$model"}[$__range]))',
          },
        },
        {
          title: "Outcome unknown",
          description: "Calls that may have been billed and whose answer never came.",
          unit: "short",
          warnsFrom: 1,
          queries: {
            unknown:
              'sum(increase(switchyard_provider_call_seconds_count{model=~"$model", outcome="unknown"}[$__range]))',
          },
        },
        {
          title: "Models held back",
          description: "Models whose breaker is open now.",
          unit: "short",
          alarmsFrom: 1,
          queries: { "held back": 'sum(max by (model) (switchyard_breaker_open{model=~"$model"}))' },
        },
        {
          title: "Tokens",
          description: "Tokens of settled calls, in and out.",
          unit: "short",
          queries: { tokens: 'sum(increase(switchyard_tokens_total{model=~"$model"}[$__range]))' },
        },
      ],
    },
    {
      title: "Calls",
      graphs: [
        latency("p50", 0.5),
        latency("p95", 0.95),
        latency("p99", 0.99),
        {
          title: "Calls by model",
          description: "Calls that ended, each second.",
          unit: "reqps",
          kind: "areas",
          queries: {
            "{{model}}":
              'sum by (model) (rate(switchyard_provider_call_seconds_count{model=~"$model"}[$__rate_interval]))',
          },
        },
        {
          title: "Calls that were not settled",
          description:
            "By outcome: `void` is not billed, `unknown` perhaps, `abandoned` was aborted by us after it was sent.",
          unit: "reqps",
          queries: {
            "{{model}} {{outcome}}":
              'sum by (model, outcome) (rate(switchyard_provider_call_seconds_count{model=~"$model", outcome!="settled"}[$__rate_interval]))',
          },
        },
        {
          title: "Errors of providers",
          description: "What calls failed with, in our words for it.",
          unit: "reqps",
          queries: {
            "{{model}} {{error}}":
              'sum by (model, error) (rate(switchyard_provider_errors_total{model=~"$model"}[$__rate_interval]))',
          },
        },
        {
          title: "429s, share of calls",
          description:
            "Refused by the provider as too many. Lower the limits of the catalogue, or ask for higher ones.",
          unit: "percentunit",
          ...{ warnsFrom: 0.01, alarmsFrom: 0.1 },
          queries: {
            "{{model}}":
              'sum by (model) (rate(switchyard_provider_errors_total{model=~"$model", error="rate_limited"}[$__rate_interval])) / sum by (model) (rate(switchyard_provider_call_seconds_count{model=~"$model"}[$__rate_interval]))',
          },
        },
        {
          title: "Calls in flight",
          description: "Calls on the wire now, over all invokers.",
          unit: "short",
          kind: "areas",
          queries: { "{{model}}": 'sum by (model) (switchyard_provider_calls_in_flight{model=~"$model"})' },
        },
        {
          title: "Odd usages",
          description: "Usages that contradict themselves, or of which something had to be assumed, by note.",
          unit: "reqps",
          queries: {
            "{{model}} {{note}}":
              'sum by (model, note) (rate(switchyard_usage_notes_total{model=~"$model"}[$__rate_interval]))',
          },
        },
      ],
    },
    {
      title: "Tokens",
      graphs: [
        {
          title: "Tokens per minute by direction",
          description:
            "Of settled calls. Reasoning tokens are output; cached input is billed at a lower rate.",
          unit: "short",
          ...{ kind: "areas", isWide: true },
          queries: {
            "{{direction}}":
              'sum by (direction) (rate(switchyard_tokens_total{model=~"$model"}[$__rate_interval])) * 60',
          },
        },
        {
          title: "Tokens per minute by model",
          description: "Of settled calls, in and out.",
          unit: "short",
          ...{ kind: "areas", isWide: true },
          queries: {
            "{{model}}":
              'sum by (model) (rate(switchyard_tokens_total{model=~"$model"}[$__rate_interval])) * 60',
          },
        },
      ],
    },
    PROVIDER_LIMITS,
  ],
};
