import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import { CALL_SECONDS } from "./buckets.ts";

/** Provider calls. */
export function providerMetrics(registers: Registry[]) {
  return {
    providerCallSeconds: new Histogram<"model" | "provider" | "outcome">({
      name: "switchyard_provider_call_seconds",
      help: "Time of a provider call, by what became of it (gen_ai.client.operation.duration).",
      labelNames: ["model", "provider", "outcome"],
      buckets: CALL_SECONDS,
      registers,
    }),
    providerErrors: new Counter<"model" | "provider" | "error">({
      name: "switchyard_provider_errors_total",
      help: "Provider calls without an answer, by what was wrong.",
      labelNames: ["model", "provider", "error"],
      registers,
    }),
    providerCallsInFlight: new Gauge<"model" | "provider">({
      name: "switchyard_provider_calls_in_flight",
      help: "Provider calls on the wire.",
      labelNames: ["model", "provider"],
      registers,
    }),
    limiterRefusals: new Counter<"model" | "limit">({
      name: "switchyard_limiter_refusals_total",
      help: "Calls that were not made yet, by the limit that they would have passed.",
      labelNames: ["model", "limit"],
      registers,
    }),
    limiterWaitSeconds: new Histogram<"model">({
      name: "switchyard_limiter_wait_seconds",
      help: "Time after which a call that was refused asks again.",
      labelNames: ["model"],
      buckets: CALL_SECONDS,
      registers,
    }),
    breakerOpen: new Gauge<"model" | "reason">({
      name: "switchyard_breaker_open",
      help: "1 while calls of a model are held back for a reason, as all processes see it: take the maximum.",
      labelNames: ["model", "reason"],
      registers,
    }),
    breakerTurns: new Counter<"model" | "to" | "reason">({
      name: "switchyard_breaker_turns_total",
      help: "Turns of the breaker of a model: it opened, stayed open after a probe, or closed.",
      labelNames: ["model", "to", "reason"],
      registers,
    }),
    fallbacks: new Counter<"from" | "to" | "reason">({
      name: "switchyard_fallbacks_total",
      help: "Jobs that left a model for another one, by the reason why.",
      labelNames: ["from", "to", "reason"],
      registers,
    }),
  };
}
