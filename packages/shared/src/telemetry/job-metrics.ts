import { Counter, Histogram, type Registry } from "prom-client";
import { CALL_SECONDS, FAST_SECONDS } from "./buckets.ts";

/** A job may wait for room or for a provider for as long as its deadline allows. */
const JOB_SECONDS = [...CALL_SECONDS, 1_800, 3_600, 14_400, 86_400];

/** Jobs and how they come in. */
export function jobMetrics(registers: Registry[]) {
  return {
    httpRequestSeconds: new Histogram({
      name: "switchyard_http_request_seconds",
      help: "Time to answer an HTTP request; long polls include their wait.",
      labelNames: ["method", "route", "status"] as const,
      buckets: FAST_SECONDS,
      registers,
    }),
    jobsAccepted: new Counter({
      name: "switchyard_jobs_accepted_total",
      help: "Jobs whose accept row was written.",
      registers,
    }),
    jobsEnded: new Counter<"status" | "class" | "model">({
      name: "switchyard_jobs_ended_total",
      help: "Jobs that reached their terminal state.",
      labelNames: ["status", "class", "model"],
      registers,
    }),
    jobSeconds: new Histogram<"class">({
      name: "switchyard_job_seconds",
      help: "Time from acceptance to the terminal state.",
      labelNames: ["class"],
      buckets: JOB_SECONDS,
      registers,
    }),
    jobsClassified: new Counter<"class" | "strategy">({
      name: "switchyard_jobs_classified_total",
      help: "Jobs judged, by class and strategy.",
      labelNames: ["class", "strategy"],
      registers,
    }),
    jobsDrawn: new Counter<"arm">({
      name: "switchyard_jobs_drawn_total",
      help: "Jobs that a random draw left routed, or sent to the baseline to measure what routing saves.",
      labelNames: ["arm"],
      registers,
    }),
    consultations: new Counter<"outcome">({
      name: "switchyard_consultations_total",
      help: "What became of asking a model to judge a job, and of the question whether to.",
      labelNames: ["outcome"],
      registers,
    }),
  };
}

/** What an outcome model in the shadow would have done. */
export function shadowMetrics(registers: Registry[]) {
  return {
    shadowDecisions: new Counter<"class" | "to">({
      name: "switchyard_shadow_decisions_total",
      help: "Jobs by the class they were routed as and the one that the shadow model would have chosen.",
      labelNames: ["class", "to"],
      registers,
    }),
    shadowUsd: new Counter<"direction">({
      name: "switchyard_shadow_usd_total",
      help: "Expected cost that the shadow model's choices would have saved, or added, for graphs.",
      labelNames: ["direction"],
      registers,
    }),
  };
}
