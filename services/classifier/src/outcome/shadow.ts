import type { ClassBounds, JobClass } from "@switchyard/shared/contracts";
import { SwitchyardError } from "@switchyard/shared/errors";
import type { StoredShadow } from "@switchyard/shared/ledger";
import { approximateUsd, formatUsd, parseUsd } from "@switchyard/shared/pricing";
import type { Metrics } from "@switchyard/shared/telemetry";
import type { JudgeInput } from "../judge/excerpt.ts";
import type { Route } from "../route.ts";
import { chooseClass, type OutcomeModel } from "./outcome-model.ts";

/**
 * What another outcome model would have chosen for a job, and what that would have saved by expected costs. Undefined
 * where no model of its class could have taken the job: then nothing is known of it.
 */
export function shadowOf(
  model: OutcomeModel,
  decided: {
    request: JudgeInput & { bounds: ClassBounds };
    judged: JobClass;
    route: Route;
    routeAs: (jobClass: JobClass) => Route;
  },
): StoredShadow | undefined {
  const { request, judged, route, routeAs } = decided;
  const chosen = chooseClass(judged, request, model).class;
  try {
    const other = routeAs(chosen);
    const saves = parseUsd(route.expectedCostUsd) - parseUsd(other.expectedCostUsd);
    return { version: model.version, model: other.modelId, class: chosen, saves_usd: formatUsd(saves) };
  } catch (error) {
    if (error instanceof SwitchyardError) return undefined;
    throw error;
  }
}

/** Counts a shadow's choice beside what was decided. */
export function countShadow(metrics: Metrics, decided: JobClass, shadow: StoredShadow): void {
  metrics.shadowDecisions.inc({ class: decided, to: shadow.class });
  const savedPicoUsd = parseUsd(shadow.saves_usd);
  if (savedPicoUsd > 0n) metrics.shadowUsd.inc({ direction: "saved" }, approximateUsd(savedPicoUsd));
  if (savedPicoUsd < 0n) metrics.shadowUsd.inc({ direction: "added" }, approximateUsd(-savedPicoUsd));
}
