import { Gauge, type Registry } from "prom-client";

const QUEUE = ["queue", "stage", "model"] as const;

/** The queues as one ingest process at a time reads them; every other process has none of these series. */
export function queueMetrics(registers: Registry[]) {
  const gauge = <Label extends string>(name: string, help: string, labelNames: readonly Label[]) =>
    new Gauge<Label>({ name, help, labelNames: [...labelNames], registers });
  const metrics = {
    queueJobs: gauge("switchyard_queue_jobs", "Queue jobs by the state they are in.", [...QUEUE, "state"]),
    queueLoad: gauge(
      "switchyard_queue_load",
      "What keeps workers busy: waiting, active and soon due queue jobs; 0 while the queue is paused.",
      QUEUE,
    ),
    queuePaused: gauge("switchyard_queue_paused", "1 while nothing is taken from the queue.", QUEUE),
    queueOldestJobAgeSeconds: gauge(
      "switchyard_queue_oldest_job_age_seconds",
      "For how long the oldest queue job that waits could have been run; 0 when none waits.",
      QUEUE,
    ),
    queueBacklogTokenSeconds: gauge(
      "switchyard_queue_backlog_token_seconds",
      "Time of a slot that all which waits takes: expected tokens times seconds per token.",
      QUEUE,
    ),
    queueDrainSeconds: gauge(
      "switchyard_queue_drain_seconds",
      "How long the workers there are take for all that waits, under the limits; absent without workers.",
      QUEUE,
    ),
    queueLoadAtSeconds: gauge(
      "switchyard_queue_load_timestamp_seconds",
      "When the queues were last read, in seconds since the epoch.",
      [],
    ),
    redisNoEviction: gauge(
      "switchyard_redis_noeviction",
      "1 while Redis keeps all that it is given, 0 when it may evict queue jobs; absent where it does not say.",
      [],
    ),
  };
  // One without labels begins at 0, which would be an answer.
  metrics.queueLoadAtSeconds.remove();
  metrics.redisNoEviction.remove();
  return metrics;
}
