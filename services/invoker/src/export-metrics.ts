import type { Catalogue, Model } from "@switchyard/shared/catalogue";
import { FALLBACK_REASONS } from "@switchyard/shared/contracts";
import {
  type Admission,
  BREAKER_REASONS,
  BREAKER_TURNS,
  type BreakerTurn,
  LIMIT_NAMES,
} from "@switchyard/shared/queues";
import { startCallsAtZero } from "@switchyard/shared/service";
import { type Metrics, startAtZero } from "@switchyard/shared/telemetry";
import { CALL_ERRORS } from "./call-error.ts";
import { type Outcome, USAGE_NOTES } from "./providers/index.ts";

/**
 * Exports the breakers of these models as Redis has them when the metrics are read, so that every process says the
 * same and none has to be asked twice. While Redis cannot be asked the last answer stands.
 */
export function exportBreakers(metrics: Metrics, admission: Admission, modelIds: readonly string[]): void {
  const { breakerOpen, breakerTurns } = metrics;
  for (const model of modelIds) {
    for (const reason of BREAKER_REASONS) breakerOpen.set({ model, reason }, 0);
    // A counter that is absent until it rises hides its first rise.
    for (const reason of Object.keys(BREAKER_TURNS) as BreakerTurn[])
      breakerTurns.inc({ model, to: BREAKER_TURNS[reason], reason }, 0);
  }
  const collect = async () => {
    const open = await admission.breakers(modelIds).catch(() => null);
    if (open === null) return;
    for (const [index, model] of modelIds.entries()) {
      for (const reason of BREAKER_REASONS)
        breakerOpen.set({ model, reason }, open[index] === reason ? 1 : 0);
    }
  };
  Object.assign(breakerOpen, { collect });
}

/** Every fallback that the catalogue lists, at 0. */
export function exportFallbacks({ fallbacks }: Metrics, models: readonly Model[]): void {
  for (const model of models) {
    for (const reason of FALLBACK_REASONS)
      for (const to of model.fallbacks[reason]) fallbacks.inc({ from: model.id, to, reason }, 0);
  }
}

/** Whatever calls of these models are counted by, at 0. */
export function startInvokerAtZero(
  { catalogue, metrics }: { catalogue: Catalogue; metrics: Metrics },
  models: readonly Model[],
): void {
  startCallsAtZero(
    { catalogue, metrics },
    models.map(({ id }) => id),
  );
  for (const { id, providerId } of models) {
    const labels = { model: [id], provider: [providerId] };
    metrics.providerCallsInFlight.set({ model: id, provider: providerId }, 0);
    startAtZero(metrics.providerCallSeconds, { ...labels, outcome: CALL_OUTCOMES });
    startAtZero(metrics.providerErrors, { ...labels, error: CALL_ERRORS });
    startAtZero(metrics.limiterRefusals, { model: [id], limit: LIMIT_NAMES });
    startAtZero(metrics.usageNotes, { model: [id], note: USAGE_NOTES });
    startAtZero(metrics.limiterWaitSeconds, { model: [id] });
  }
}

const CALL_OUTCOMES = ["settled", "void", "unknown", "abandoned"] as const satisfies Outcome["kind"][];
