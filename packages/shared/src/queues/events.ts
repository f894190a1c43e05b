import type { Redis } from "ioredis";
import { z } from "zod";
import { JOB_STATUSES, JobId } from "../contracts/index.ts";
import { groupCommit } from "../pipeline/index.ts";

const JobEvent = z.object({ jobId: JobId, version: z.number(), status: z.enum(JOB_STATUSES) });
/** A job's row has changed visibly. A hint only: whoever hears it reads the row. */
export type JobEvent = z.infer<typeof JobEvent>;

const JobEvents = z.array(JobEvent);

/** Tells whoever waits that a job moved. May be lost; nobody may depend on it. */
export interface EventPublisher {
  publish: (event: JobEvent) => void;
}

export function eventPublisher(redis: Redis, prefix: string): EventPublisher {
  const send = groupCommit<JobEvent, void>(async (events) => {
    await redis.publish(channelOf(prefix), JSON.stringify(events));
    return events.map(() => undefined);
  }, 100);
  return {
    // Whoever publishes hands in a whole row: the rest of it is nobody's business, and its money is no JSON.
    publish({ jobId, version, status }) {
      send({ jobId, version, status }).catch(() => {});
    },
  };
}

/** Calls back with every event from now on, over a connection of its own. */
export function subscribeToEvents(redis: Redis, prefix: string, onEvent: (event: JobEvent) => void): void {
  redis.on("message", (_channel, text) => {
    for (const event of readEvents(text)) onEvent(event);
  });
  redis.subscribe(channelOf(prefix)).catch(() => {});
}

/** Calls back with the id of every job that is being cancelled, over a connection of its own. */
export function subscribeToCancels(redis: Redis, prefix: string, onCancel: (jobId: string) => void): void {
  redis.on("message", (_channel, text) => {
    // Of all events few are cancels: the others are not worth parsing in every process that makes calls.
    if (!text.includes('"cancelling"')) return;
    for (const event of readEvents(text)) if (event.status === "cancelling") onCancel(event.jobId);
  });
  redis.subscribe(channelOf(prefix)).catch(() => {});
}

function readEvents(text: string): JobEvent[] {
  try {
    return JobEvents.parse(JSON.parse(text));
  } catch {
    return [];
  }
}

function channelOf(prefix: string): string {
  return `${prefix}:events`;
}
