import { Redis } from "ioredis";
import type { RunningRedis } from "./start-redis.ts";

/**
 * A Redis that somebody else runs: it is asked for a PING within five seconds, may not be killed or emptied from
 * here, and is left alone by `stop`.
 */
export async function redisAt(url: string, how: string): Promise<RunningRedis> {
  await ping(url);
  const refuse = async () => {
    throw new Error(
      `The Redis at ${withoutPassword(url)} was not started here and is not ours to end or empty.`,
    );
  };
  return { url, how, kill: refuse, restart: refuse, wipe: refuse, stop: async () => {} };
}

async function ping(url: string): Promise<void> {
  const client = new Redis(url, {
    lazyConnect: true,
    connectTimeout: 5_000,
    commandTimeout: 5_000,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  });
  let reason: Error | undefined;
  client.on("error", (error: Error) => {
    reason = error;
  });
  try {
    await client.connect();
    await client.ping();
  } catch (error) {
    const cause = reason ?? error;
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Error(
      `No Redis answers at ${withoutPassword(url)} (${why}). Start it there or change the address.`,
      {
        cause,
      },
    );
  } finally {
    client.disconnect();
  }
}

function withoutPassword(url: string): string {
  return url.replace(/\/\/[^@/]*@/, "//");
}
