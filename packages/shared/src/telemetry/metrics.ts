import { collectDefaultMetrics, Registry } from "prom-client";
import { budgetMetrics } from "./budget-metrics.ts";
import { catalogueMetrics } from "./catalogue-metrics.ts";
import { jobMetrics, shadowMetrics } from "./job-metrics.ts";
import { ledgerMetrics } from "./ledger-metrics.ts";
import { providerMetrics } from "./provider-metrics.ts";
import { queueMetrics } from "./queue-metrics.ts";
import { reconciliationMetrics } from "./reconciliation-metrics.ts";
import { stageMetrics } from "./stage-metrics.ts";
import { usageMetrics } from "./usage-metrics.ts";

export const RUN_OUTCOMES = ["done", "retried", "dead_letter"] as const;
export type RunOutcome = (typeof RUN_OUTCOMES)[number];

/**
 * Every metric there is. Labels are bounded: a stage, a model or provider of the catalogue, a class,
 * an outcome, an HTTP route pattern; never a job, a tenant or a prompt. docs/metrics.md has a line for each.
 */
export function createMetrics(service: string) {
  const registry = new Registry();
  registry.setDefaultLabels({ service });
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  return {
    registry,
    ...jobMetrics(registers),
    ...shadowMetrics(registers),
    ...stageMetrics(registers),
    ...queueMetrics(registers),
    ...ledgerMetrics(registers),
    ...providerMetrics(registers),
    ...usageMetrics(registers),
    ...budgetMetrics(registers),
    ...reconciliationMetrics(registers),
    ...catalogueMetrics(registers),
  };
}

export type Metrics = ReturnType<typeof createMetrics>;
