import { type Catalogue, type ConsultSettings, tenantClassOf } from "../catalogue/index.ts";
import { JOB_CLASSES, type Usage } from "../contracts/index.ts";
import type { NewIntent, Settlement } from "../ledger/index.ts";
import { approximateUsd, formatUsd } from "../pricing/index.ts";
import { type Logger, type Metrics, startAtZero } from "../telemetry/index.ts";

interface CountOptions {
  catalogue: Pick<Catalogue, "tenantClasses">;
  metrics: Metrics;
  log: Pick<Logger, "warn">;
}

/** What is known of a call before it is made. */
type Call = Pick<NewIntent, "jobId" | "n" | "modelId" | "class" | "kind" | "tenant" | "maxCostPicoUsd">;

/** Counts a call by whoever has settled its row, so that it is counted once. */
export function countCall(
  { catalogue, metrics, log }: CountOptions,
  call: Call,
  {
    usage,
    usageNotes,
    costPicoUsd,
    estimate,
  }: Pick<Settlement, "usage" | "usageNotes" | "costPicoUsd" | "estimate">,
): void {
  const model = call.modelId;
  const isEstimated = estimate?.costPicoUsd !== undefined;
  const isUnpriced = costPicoUsd === undefined && !isEstimated;
  for (const note of usageNotes ?? []) metrics.usageNotes.inc({ model, note });
  if (usage !== undefined) {
    for (const [direction, tokens] of Object.entries(tokensOf(usage))) {
      metrics.tokens.inc({ model, direction }, tokens);
      if (isUnpriced) metrics.unpricedTokens.inc({ model, direction }, tokens);
    }
  }
  if (isUnpriced) metrics.unpricedCalls.inc({ model });
  if (isEstimated) metrics.estimatedCalls.inc({ model });
  if (costPicoUsd === undefined) return;
  const tenant_class = tenantClassOf(catalogue, call.tenant);
  const labels = { model, class: call.class, kind: call.kind, tenant_class };
  metrics.costUsd.inc(labels, approximateUsd(costPicoUsd));
  if (costPicoUsd > call.maxCostPicoUsd) tellOverBound({ metrics, log }, call, costPicoUsd);
}

const DIRECTIONS = ["input", "cached_input", "output"] as const;

function tokensOf(usage: Usage): Record<(typeof DIRECTIONS)[number], number> {
  return {
    input: usage.inputTokens + usage.cacheWriteTokens,
    cached_input: usage.cachedInputTokens,
    output: usage.outputTokens,
  };
}

/** What was measured is booked, whatever was thought possible: a bound that does not hold is ours to mend. */
function tellOverBound(
  { metrics, log }: Pick<CountOptions, "metrics" | "log">,
  { jobId, n, modelId: model, maxCostPicoUsd }: Call,
  costPicoUsd: bigint,
): void {
  metrics.callsOverBound.inc({ model });
  const money = { costUsd: formatUsd(costPicoUsd), boundUsd: formatUsd(maxCostPicoUsd) };
  log.warn({ jobId, attempt: n, model, ...money }, "call cost more than its bound");
}

type Judging = Pick<Catalogue, "tenantClasses"> & {
  classifier: { llm: Pick<ConsultSettings, "modelId"> | null };
};

/** Whatever calls of these models are counted by, at 0; only one model is ever asked to judge. */
export function startCallsAtZero(
  { catalogue, metrics }: { catalogue: Judging; metrics: Metrics },
  models: readonly string[],
): void {
  const { callsOverBound, estimatedCalls, unpricedCalls, tokens, unpricedTokens, costUsd } = metrics;
  for (const counter of [callsOverBound, estimatedCalls, unpricedCalls])
    startAtZero(counter, { model: models });
  for (const counter of [tokens, unpricedTokens])
    startAtZero(counter, { model: models, direction: DIRECTIONS });
  const labels = { class: JOB_CLASSES, tenant_class: catalogue.tenantClasses.names };
  startAtZero(costUsd, { ...labels, model: models, kind: ["invoke"] });
  const judges = models.filter((id) => id === catalogue.classifier.llm?.modelId);
  startAtZero(costUsd, { ...labels, model: judges, kind: ["classify"] });
}
