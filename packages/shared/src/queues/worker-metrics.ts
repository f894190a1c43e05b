import type { Stage } from "../pipeline/index.ts";
import { type Metrics, RUN_OUTCOMES, startAtZero } from "../telemetry/index.ts";

interface WorkerMetrics {
  started: () => void;
  ended: () => void;
  /** A queue job was taken from another worker of the queue, or from this one. */
  stalled: () => void;
  failed: () => void;
  /** It takes no more queue jobs, so that its slots are none. */
  draining: () => void;
}

/** What one worker is counted by, from 0 on. */
export function workerMetrics(
  metrics: Metrics,
  {
    stage,
    modelId = "none",
    concurrency,
  }: { stage: Stage; modelId?: string | undefined; concurrency: number },
): WorkerMetrics {
  const labels = { stage, model: modelId };
  startAtZero(metrics.stalledJobs, { stage: [stage], model: [modelId] });
  startAtZero(metrics.workerErrors, { stage: [stage] });
  startAtZero(metrics.stageWaitSeconds, { stage: [stage] });
  startAtZero(metrics.stageRunSeconds, { stage: [stage], outcome: RUN_OUTCOMES });
  metrics.workerSlots.set(labels, concurrency);
  metrics.workerSlotsUsed.set(labels, 0);
  return {
    started: () => metrics.workerSlotsUsed.inc(labels),
    ended: () => metrics.workerSlotsUsed.dec(labels),
    stalled: () => metrics.stalledJobs.inc(labels),
    failed: () => metrics.workerErrors.inc({ stage }),
    draining: () => metrics.workerSlots.set(labels, 0),
  };
}
