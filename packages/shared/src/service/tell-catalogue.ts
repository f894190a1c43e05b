import manifest from "../../package.json" with { type: "json" };
import type { Catalogue, Limits, Model } from "../catalogue/index.ts";
import type { Metrics } from "../telemetry/index.ts";

/** Where the limits are those of an account, over all its models. */
const ALL_MODELS = "all";

const LIMITS = {
  requests_per_minute: "requestsPerMinute",
  tokens_per_minute: "tokensPerMinute",
  in_flight: "inFlight",
} as const satisfies Record<string, keyof Limits>;

/** Exports which release runs, which active models have a price, and what the catalogue allows of them. */
export function tellCatalogue(
  { providers, models }: Pick<Catalogue, "providers" | "models">,
  metrics: Pick<Metrics, "buildInfo" | "modelPriced" | "providerLimit">,
): void {
  metrics.buildInfo.set({ version: manifest.version }, 1);
  const tell = (labels: { model: string; provider: string }, limits: readonly Limits[]) => {
    for (const [limit, name] of Object.entries(LIMITS)) {
      const given = limits.flatMap((one) => one[name] ?? []);
      if (given.length > 0) metrics.providerLimit.set({ ...labels, limit }, Math.min(...given));
    }
  };
  for (const { id: provider, isActive, limits } of providers.values())
    if (isActive) tell({ model: ALL_MODELS, provider }, [limits]);
  for (const { id: model, providerId: provider, isPriced, limits } of activeModels(models)) {
    metrics.modelPriced.set({ model }, isPriced ? 1 : 0);
    const account = providers.get(provider);
    tell({ model, provider }, account === undefined ? [limits] : [limits, account.limits]);
  }
}

function activeModels(models: ReadonlyMap<string, Model>): Model[] {
  return [...models.values()].filter(({ isActive }) => isActive);
}
