import type { JobClass, TerminalStatus } from "../contracts/index.ts";
import type { Stage } from "../pipeline/index.ts";
import type { Metrics, RunOutcome } from "./metrics.ts";

/** Label values that the pipeline observes; unions, so that the number of series is bounded. */
export interface RunObservation {
  stage: Stage;
  outcome: RunOutcome;
  runMs: number;
}

export interface EndObservation {
  status: TerminalStatus;
  class: JobClass | "none";
  model: string;
  durationMs: number;
}

export function observeRun(metrics: Metrics, { stage, outcome, runMs }: RunObservation): void {
  metrics.stageRunSeconds.observe({ stage, outcome }, runMs / 1_000);
}

export function observeEnd(metrics: Metrics, end: EndObservation): void {
  metrics.jobsEnded.inc({ status: end.status, class: end.class, model: end.model });
  metrics.jobSeconds.observe({ class: end.class }, end.durationMs / 1_000);
}
