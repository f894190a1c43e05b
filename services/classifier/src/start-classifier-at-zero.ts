import { ARMS, CONSULT_FAILURES, JOB_CLASSES } from "@switchyard/shared/contracts";
import { type Metrics, startAtZero } from "@switchyard/shared/telemetry";

/** Whatever decisions are counted by, at 0. */
export function startClassifierAtZero(metrics: Metrics): void {
  startAtZero(metrics.jobsClassified, { class: JOB_CLASSES, strategy: ["local", "llm", "llm cached"] });
  startAtZero(metrics.jobsDrawn, { arm: ARMS });
  const degraded = CONSULT_FAILURES.map((failure) => `degraded_${failure}`);
  const outcomes = ["asked", "answered", "cached", "gate_refused", ...degraded];
  startAtZero(metrics.consultations, { outcome: outcomes });
  startAtZero(metrics.shadowDecisions, { class: JOB_CLASSES, to: JOB_CLASSES });
  startAtZero(metrics.shadowUsd, { direction: ["saved", "added"] });
}
