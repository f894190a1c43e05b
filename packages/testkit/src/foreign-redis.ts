import { Redis } from "ioredis";
import { RedisNotFound } from "./redis-not-found.ts";
import type { RunningRedis } from "./running-redis.ts";

/** A Redis to be used and not to be ended or emptied, since others may be using it too. */
interface ForeignRedis {
  url: string;
  how: string;
  stop?: () => Promise<unknown>;
}

/** Wraps it so that `kill`, `restart` and `wipe` are refused; `stop` does what is given, by default nothing. */
export function foreignRedis({ url, how, stop }: ForeignRedis): RunningRedis {
  const refuse = async () => {
    throw new Error(`The Redis at ${withoutPassword(url)} may be shared and is not ours to end or empty.`);
  };
  return {
    url,
    how,
    kill: refuse,
    restart: refuse,
    wipe: refuse,
    async stop() {
      await stop?.();
    },
  };
}

/** The Redis at an address, once it has answered a PING within five seconds. Throws `RedisNotFound`. */
export async function redisAt(url: string, how: string): Promise<RunningRedis> {
  await ping(url);
  return foreignRedis({ url, how });
}

async function ping(url: string): Promise<void> {
  const client = new Redis(url, {
    lazyConnect: true,
    connectTimeout: 5_000,
    commandTimeout: 5_000,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  });
  // The event names the network's reason; the rejected call only says that the connection is closed.
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
    throw new RedisNotFound(`No Redis answers at ${withoutPassword(url)} (${why}).`, {
      remedy: "Start it there, or change the address.",
      cause,
    });
  } finally {
    client.disconnect();
  }
}

function withoutPassword(url: string): string {
  return url.replace(/\/\/[^/]*@/, "//");
}
