import { type AttemptRow, baselinePicoUsdOf, costPicoUsdOf, type JobRow } from "@switchyard/shared/ledger";
import { approximateUsd } from "@switchyard/shared/pricing";
import type { Metrics } from "@switchyard/shared/telemetry";

/** Calls that the totals have come to contain with a write of their job's row. */
interface Booked {
  /** As that write left it. */
  job: JobRow;
  attempts: readonly AttemptRow[];
  atMs: number;
}

/** Counts what is only known once calls are booked; by whoever has written that they are, so that it is counted once. */
export function observeBooked(metrics: Metrics, { job, attempts, atMs }: Booked): void {
  const settled = attempts.filter(({ state }) => state === "settled");
  for (const { state, modelId: model, maxCostPicoUsd } of attempts)
    if (state === "unknown") metrics.atRiskUsd.inc({ model }, approximateUsd(maxCostPicoUsd));
  // A judgement is booked with its job, which may then have to wait for its own call.
  for (const { kind, endedAt = atMs } of settled)
    if (kind === "invoke") metrics.ledgerLagSeconds.observe(Math.max(0, atMs - endedAt) / 1_000);
  const jobClass = job.decision?.class ?? "none";
  const baselinePicoUsd = sumOf(settled.map(baselinePicoUsdOf));
  if (baselinePicoUsd > 0n) metrics.baselineUsd.inc({ class: jobClass }, approximateUsd(baselinePicoUsd));
  if (!isSavingKnown(job)) return;
  const savedPicoUsd = baselinePicoUsd - sumOf(settled.map(costPicoUsdOf));
  const direction = savedPicoUsd < 0n ? "lost" : "saved";
  const amountPicoUsd = savedPicoUsd < 0n ? -savedPicoUsd : savedPicoUsd;
  metrics.savingUsd.inc({ class: jobClass, direction }, approximateUsd(amountPicoUsd));
}

/** As where what routing saves is told: a cost or a baseline that nobody knows is not one of 0. */
function isSavingKnown({ unpricedCalls = 0, resultAttempt, baselinePicoUsd }: JobRow): boolean {
  return unpricedCalls === 0 && (resultAttempt === undefined || baselinePicoUsd !== undefined);
}

function sumOf(amounts: readonly (bigint | undefined)[]): bigint {
  return amounts.reduce<bigint>((sum, amount = 0n) => sum + amount, 0n);
}
