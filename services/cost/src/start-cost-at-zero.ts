import type { Catalogue } from "@switchyard/shared/catalogue";
import { JOB_CLASSES, TERMINAL_STATUSES } from "@switchyard/shared/contracts";
import { startCallsAtZero } from "@switchyard/shared/service";
import { type Metrics, startAtZero } from "@switchyard/shared/telemetry";
import { SWEEP_ACTIONS } from "./sweep.ts";

/**
 * Whatever jobs and their calls are counted by, at 0, for all active models: a pool that is scaled to none has no
 * process that could say it.
 */
export function startCostAtZero({ catalogue, metrics }: { catalogue: Catalogue; metrics: Metrics }): void {
  const models = [...catalogue.models.values()].filter(({ isActive }) => isActive).map(({ id }) => id);
  const classes = [...JOB_CLASSES, "none"];
  startCallsAtZero({ catalogue, metrics }, models);
  startAtZero(metrics.atRiskUsd, { model: models });
  startAtZero(metrics.jobsEnded, { status: TERMINAL_STATUSES, class: classes, model: [...models, "none"] });
  startAtZero(metrics.jobSeconds, { class: classes });
  startAtZero(metrics.baselineUsd, { class: classes });
  startAtZero(metrics.savingUsd, { class: classes, direction: ["saved", "lost"] });
  startAtZero(metrics.sweeps, { action: SWEEP_ACTIONS });
}
