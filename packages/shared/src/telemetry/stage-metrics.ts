import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import { FAST_SECONDS } from "./buckets.ts";

/** Stages, their workers and the sweeper. */
export function stageMetrics(registers: Registry[]) {
  return {
    stageWaitSeconds: new Histogram<"stage">({
      name: "switchyard_stage_wait_seconds",
      help: "Time a summons waited in its queue.",
      labelNames: ["stage"],
      buckets: [...FAST_SECONDS, 60, 300, 1_800],
      registers,
    }),
    stageRunSeconds: new Histogram<"stage" | "outcome">({
      name: "switchyard_stage_run_seconds",
      help: "Time of one run of a stage's handler.",
      labelNames: ["stage", "outcome"],
      buckets: [...FAST_SECONDS, 60, 120],
      registers,
    }),
    workerErrors: new Counter<"stage">({
      name: "switchyard_worker_errors_total",
      help: "Errors between a worker and Redis: commands it refused, locks that were lost.",
      labelNames: ["stage"],
      registers,
    }),
    stalledJobs: new Counter<"stage" | "model">({
      name: "switchyard_stalled_jobs_total",
      help: "Queue jobs that were taken from a worker which had not been heard of for as long as its lock held.",
      labelNames: ["stage", "model"],
      registers,
    }),
    workerSlots: new Gauge<"stage" | "model">({
      name: "switchyard_worker_slots",
      help: "Queue jobs that this process can have in hand at once; the sum over processes is the capacity.",
      labelNames: ["stage", "model"],
      registers,
    }),
    workerSlotsUsed: new Gauge<"stage" | "model">({
      name: "switchyard_worker_slots_used",
      help: "Queue jobs that this process has in hand.",
      labelNames: ["stage", "model"],
      registers,
    }),
    eventLoopBlocks: new Counter({
      name: "switchyard_event_loop_blocks_total",
      help: "Times the event loop was blocked for a second or more.",
      registers,
    }),
    sweeps: new Counter<"action">({
      name: "switchyard_sweeps_total",
      help: "What the sweeper did to rows that did not move, and to all of them once Redis may have lost something.",
      labelNames: ["action"],
      registers,
    }),
  };
}
