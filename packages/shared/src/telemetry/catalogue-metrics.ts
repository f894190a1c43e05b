import { Gauge, type Registry } from "prom-client";

/** What a process has read at its start; all that read the same files say the same, so take the maximum. */
export function catalogueMetrics(registers: Registry[]) {
  return {
    buildInfo: new Gauge<"version">({
      name: "switchyard_build_info",
      help: "Always 1, with the release that runs.",
      labelNames: ["version"],
      registers,
    }),
    modelPriced: new Gauge<"model">({
      name: "switchyard_model_priced",
      help: "1 for an active model that the price book has a price for, 0 for one without: take the maximum.",
      labelNames: ["model"],
      registers,
    }),
    providerLimit: new Gauge<"model" | "provider" | "limit">({
      name: "switchyard_provider_limit",
      help: "Most that the catalogue allows of a model, or of all models of a provider: take the maximum.",
      labelNames: ["model", "provider", "limit"],
      registers,
    }),
  };
}
