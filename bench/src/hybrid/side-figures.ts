import type { Decision, GateReason, JobClass, JobView } from "@switchyard/shared/contracts";
import { parseUsd } from "@switchyard/shared/pricing";

/** A job that has ended, and the class that a person gave its prompt. */
export interface EndedJob {
  readonly label: JobClass;
  readonly job: Pick<JobView, "id" | "attempts" | "decision" | "cost">;
}

/** What one way of judging came to. Money is whole pico-dollars of all jobs together. */
export interface SideFigures {
  readonly jobs: number;
  /** Jobs that a model was called for, and what became of it. */
  readonly asked: number;
  readonly consultations: number;
  /** Jobs of which the local answer stands although a model was to be asked. */
  readonly degraded: number;
  readonly classifierPicoUsd: bigint;
  readonly totalPicoUsd: bigint;
  /** Against the strongest model; the calls that judged have come off it. */
  readonly savedPicoUsd: bigint;
  /** Jobs by why a model was asked or not; none in mode local. */
  readonly gates: Readonly<Partial<Record<GateReason, number>>>;
  /** Jobs that are routed as a person would. */
  readonly asLabelled: number;
  /** COMPLEX jobs that are routed as less: what a saving may have been bought with. */
  readonly complexBelow: number;
}

/** @throws Error when a job has no decision, or no saving. */
export function figuresOf(ended: readonly EndedJob[]): SideFigures {
  const jobs = ended.map(({ label, job }) => ({ ...settled(job), label, attempts: job.attempts }));
  const count = (holds: (job: (typeof jobs)[number]) => boolean) => jobs.filter(holds).length;
  const sum = (of: (job: (typeof jobs)[number]) => string) =>
    jobs.reduce((total, job) => total + parseUsd(of(job)), 0n);
  const isConsultation = ({ kind }: JobView["attempts"][number]) => kind === "classify";
  return {
    jobs: jobs.length,
    asked: count(({ attempts }) => attempts.some(isConsultation)),
    consultations: jobs.flatMap(({ attempts }) => attempts.filter(isConsultation)).length,
    degraded: count(({ decision }) => decision.degraded !== null),
    classifierPicoUsd: sum(({ cost }) => cost.classifier_usd),
    totalPicoUsd: sum(({ cost }) => cost.total_usd),
    savedPicoUsd: sum(({ savedUsd }) => savedUsd),
    gates: gatesOf(jobs.map(({ decision }) => decision)),
    asLabelled: count(({ decision, label }) => decision.class === label),
    complexBelow: count(({ decision, label }) => label === "COMPLEX" && decision.class !== label),
  };
}

function settled({ id, decision, cost }: EndedJob["job"]) {
  if (decision === null || cost.saved_usd === null) throw new Error(`${id} has no decision or no saving`);
  return { decision, cost, savedUsd: cost.saved_usd };
}

function gatesOf(decisions: readonly Decision[]): Partial<Record<GateReason, number>> {
  const gates: Partial<Record<GateReason, number>> = {};
  for (const { gate } of decisions) {
    if (gate !== null) gates[gate.reason] = (gates[gate.reason] ?? 0) + 1;
  }
  return gates;
}

/** USD for each 1,000 jobs, for a table; the sum was exact, and only its last digits are lost. */
export function usdPerThousand(picoUsd: bigint, jobs: number): number {
  return Number(picoUsd) / 1e12 / (jobs / 1_000);
}
