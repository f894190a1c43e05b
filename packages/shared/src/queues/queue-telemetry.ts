import type { JobsOptions, Queue, Telemetry } from "bullmq";
import type { Tracing } from "../telemetry/index.ts";

/** What queues and workers are opened with, so that queue jobs have spans; nothing where nothing is recorded. */
export function telemetryOf(tracing: Tracing | undefined): { telemetry?: Telemetry } {
  return tracing?.queues === undefined ? {} : { telemetry: tracing.queues.hook as Telemetry };
}

interface AddedJob {
  name: string;
  data: { items: readonly unknown[] };
  opts: JobsOptions;
}

/**
 * Adds queue jobs, each with the place in a trace that its own summons has: whoever gathered them is in the trace of
 * one of them, or of none.
 */
export async function addTraced(
  { queues }: Tracing,
  queue: Queue,
  [first, ...others]: readonly AddedJob[],
): Promise<void> {
  if (first === undefined) return;
  const addAll = async () => {
    if (others.length === 0) await queue.add(first.name, first.data, first.opts);
    else await queue.addBulk([first, ...others].map((job) => ({ ...job, opts: placed(job) })));
  };
  const placed = (job: AddedJob): JobsOptions => {
    const traceparent = traceparentOf(job);
    if (queues === undefined || traceparent === undefined) return job.opts;
    return { ...job.opts, telemetry: { metadata: queues.metadataOf(traceparent) } };
  };
  if (queues === undefined) await addAll();
  else await queues.apart(others.length === 0 ? traceparentOf(first) : undefined, addAll);
}

/** The trace that a queue job belongs to: that of its only summons. */
function traceparentOf({ data: { items } }: AddedJob): string | undefined {
  return items.length === 1 ? (items[0] as { traceparent?: string }).traceparent : undefined;
}
