import { Redis } from "ioredis";

/** Keys of queue jobs and of the lists and sets that hold them; an empty one does not exist in Redis. */
const HOLDS_JOBS =
  /^[^:]+:[^:]+:([cis]-[^:]+|wait|paused|active|prioritized|delayed|waiting-children|completed|failed)$/;

/** Every key under a prefix that holds queue jobs, in whatever state. */
export async function queueKeys(url: string, prefix: string): Promise<string[]> {
  const redis = new Redis(url, { maxRetriesPerRequest: 1 });
  redis.on("error", () => {});
  try {
    const keys = await redis.keys(`${prefix}:*`);
    return keys.filter((key) => HOLDS_JOBS.test(key));
  } finally {
    redis.disconnect();
  }
}
