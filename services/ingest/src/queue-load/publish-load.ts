import type { Lease } from "@switchyard/shared/queues";
import type { Logger, Metrics } from "@switchyard/shared/telemetry";
import type { LoadAnswer, QueueLoad } from "./load.ts";

interface PublishOptions {
  lease: Lease;
  readLoad: () => Promise<LoadAnswer>;
  /** Whether Redis keeps all it is given; null where it does not say. */
  readNoEviction: () => Promise<boolean | null>;
  metrics: Metrics;
  log: Logger;
  intervalMs: number;
}

/**
 * Of all processes one alone exports the queues, which are the same for all: a sum over processes would count each queue
 * as often as there are processes. When it dies, another begins once its lease has lapsed.
 */
export function startPublisher(options: PublishOptions): { stop: () => Promise<void> } {
  const { lease, metrics, log } = options;
  let isStopped = false;
  let wasHeld = false;

  // Asked by every read of the metrics, too: a process that slept through its lease must not be heard beside the next one.
  const forgetUnlessHeld = () => {
    if (!lease.isHeld) forget(metrics);
  };
  for (const gauge of gaugesOf(metrics)) Object.assign(gauge, { collect: forgetUnlessHeld });
  forget(metrics);

  async function publish(): Promise<void> {
    if (!(await lease.take()) || isStopped) return;
    const load = await options.readLoad();
    const isKept = await options.readNoEviction();
    if (!lease.isHeld) return;
    forget(metrics);
    for (const queue of load.queues) show(metrics, queue);
    metrics.queueLoadAtSeconds.set(Date.parse(load.asOf) / 1_000);
    if (isKept !== null) metrics.redisNoEviction.set(isKept ? 1 : 0);
  }

  async function turn(): Promise<void> {
    try {
      await publish();
    } catch (error) {
      log.warn({ error }, "queues cannot be read for metrics");
    }
    forgetUnlessHeld();
    if (lease.isHeld !== wasHeld) log.info({ isPublisher: lease.isHeld }, "publisher of queue load");
    wasHeld = lease.isHeld;
  }

  let turning = turn();
  const timer = setInterval(() => {
    turning = turning.then(turn);
  }, options.intervalMs);
  return {
    async stop() {
      isStopped = true;
      clearInterval(timer);
      await turning;
      await lease.release().catch(() => {});
      forget(metrics);
    },
  };
}

function show(metrics: Metrics, load: QueueLoad): void {
  const { queue, stage, model } = load;
  const labels = { queue, stage, model };
  for (const state of ["waiting", "prioritized", "active", "delayed"] as const) {
    metrics.queueJobs.set({ ...labels, state }, load[state]);
  }
  metrics.queueLoad.set(labels, load.load);
  metrics.queuePaused.set(labels, load.paused ? 1 : 0);
  metrics.queueOldestJobAgeSeconds.set(labels, load.oldestAgeSeconds);
  metrics.queueBacklogTokenSeconds.set(labels, load.backlogTokenSeconds);
  if (load.drainSeconds !== null) metrics.queueDrainSeconds.set(labels, load.drainSeconds);
}

function gaugesOf(metrics: Metrics) {
  return [
    metrics.queueJobs,
    metrics.queueLoad,
    metrics.queuePaused,
    metrics.queueOldestJobAgeSeconds,
    metrics.queueBacklogTokenSeconds,
    metrics.queueDrainSeconds,
    metrics.queueLoadAtSeconds,
    metrics.redisNoEviction,
  ];
}

function forget(metrics: Metrics): void {
  for (const gauge of gaugesOf(metrics)) gauge.reset();
  // One without labels would be at 0 else, which is an answer.
  metrics.queueLoadAtSeconds.remove();
  metrics.redisNoEviction.remove();
}
