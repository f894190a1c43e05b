import { type Budget, type BudgetStanding, windowOf } from "@switchyard/shared/budgets";
import { approximateUsd, formatUsd } from "@switchyard/shared/pricing";
import type { BudgetUpkeep } from "@switchyard/shared/queues";
import { keepSeriesOf, type Logger, type Metrics } from "@switchyard/shared/telemetry";

export interface TellOptions {
  upkeep: Pick<BudgetUpkeep, "alert">;
  metrics: Metrics;
  log: Logger;
  now: () => number;
}

/** Shows how the budgets stand, and alerts of those that have come to their threshold; once, until they are below it. */
export async function tellBudgets(
  { upkeep, metrics, log, now }: TellOptions,
  budgets: readonly Budget[],
  standings: readonly BudgetStanding[],
): Promise<void> {
  showStandings(metrics, budgets, standings);
  showWindows(metrics, budgets, now());
  await keepSeriesOf(metrics.budgetAlerts, { budget: budgets.map(({ id }) => id) });
  for (const [index, budget] of budgets.entries()) {
    const standing = standings[index];
    if (standing === undefined) continue;
    const { id, limitPicoUsd, alertPicoUsd } = budget;
    const { spentPicoUsd, isBuilt } = standing;
    if (alertPicoUsd === null || !isBuilt) continue;
    const isAlerting = spentPicoUsd >= alertPicoUsd;
    if (!(await upkeep.alert(budget, isAlerting)) || !isAlerting) continue;
    metrics.budgetAlerts.inc({ budget: id });
    const sums = { spentUsd: formatUsd(spentPicoUsd), limitUsd: formatUsd(limitPicoUsd) };
    log.warn({ budget: id, ...sums }, "a budget has come to its alert");
  }
}

/** All at once, so that nobody reads the gauges while they are empty. */
function showStandings(
  metrics: Metrics,
  budgets: readonly Budget[],
  standings: readonly BudgetStanding[],
): void {
  forgetStandings(metrics);
  for (const [index, { id: budget, limitPicoUsd }] of budgets.entries()) {
    const standing = standings[index];
    if (standing === undefined) continue;
    metrics.budgetReady.set({ budget }, standing.isBuilt ? 1 : 0);
    metrics.budgetLimitUsd.set({ budget }, approximateUsd(limitPicoUsd));
    metrics.budgetSpentUsd.set({ budget }, approximateUsd(standing.spentPicoUsd));
    metrics.budgetReservedUsd.set({ budget }, approximateUsd(standing.reservedPicoUsd));
  }
}

function showWindows(
  { budgetWindowEndsAtSeconds }: Metrics,
  budgets: readonly Budget[],
  nowMs: number,
): void {
  budgetWindowEndsAtSeconds.reset();
  for (const { id: budget, window } of budgets) {
    const { endsAtMs } = windowOf(window, nowMs);
    if (endsAtMs !== null) budgetWindowEndsAtSeconds.set({ budget }, endsAtMs / 1_000);
  }
}

/** Somebody else shows them, or they are no more. */
export function forgetBudgets(metrics: Metrics): void {
  forgetStandings(metrics);
  metrics.budgetWindowEndsAtSeconds.reset();
  metrics.budgetAlerts.reset();
}

function forgetStandings({ budgetReady, budgetLimitUsd, budgetSpentUsd, budgetReservedUsd }: Metrics): void {
  for (const gauge of [budgetReady, budgetLimitUsd, budgetSpentUsd, budgetReservedUsd]) gauge.reset();
}
