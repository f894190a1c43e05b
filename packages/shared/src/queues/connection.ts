import { Redis } from "ioredis";
import { SwitchyardError } from "../errors/index.ts";

/** A connection to Redis, for those who pass it on without using it. */
export type RedisConnection = Redis;

type ReconnectDecision = false | 1 | 2;

/** Reconnects within a second or so of Redis coming back; the library's own curve took 6 s (measured). */
function retryStrategy(times: number): number {
  return Math.min(50 * 2 ** Math.min(times, 6), 1_000) + Math.random() * 100;
}

/**
 * Producers fail fast instead of parking a command that would run after its caller has gone. A command
 * that timed out may still have run: every add has a derived id, so repeating it is safe.
 */
const PRODUCER = {
  enableOfflineQueue: false,
  maxRetriesPerRequest: 1,
  commandTimeout: 1_500,
  connectTimeout: 2_000,
  retryStrategy,
  reconnectOnError: (error: Error): ReconnectDecision => (/READONLY/.test(error.message) ? 1 : false),
};

/** Workers wait for Redis as long as it takes. No command time-out: their fetch blocks by design. */
const WORKER = {
  maxRetriesPerRequest: null,
  enableOfflineQueue: true,
  connectTimeout: 2_000,
  retryStrategy,
  reconnectOnError: (error: Error): ReconnectDecision => (/READONLY/.test(error.message) ? 2 : false),
};

export function connect(url: string, role: "producer" | "worker" | "subscriber"): Redis {
  const redis = new Redis(url, role === "producer" ? PRODUCER : WORKER);
  // Without a listener every reconnect attempt would be an unhandled error event.
  redis.on("error", () => {});
  return redis;
}

/**
 * Waits until Redis answers and checks that it can be trusted with queues.
 * @throws SwitchyardError QUEUE_UNAVAILABLE when it does not answer in time, REDIS_UNSUITABLE when it is
 * older than 6.2 or evicts keys.
 */
export async function checkRedis(redis: Redis, timeoutMs: number): Promise<void> {
  const info = await infoWithin(redis, timeoutMs);
  const version = /redis_version:(\S+)/.exec(info)?.[1] ?? "0";
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const policy = /maxmemory_policy:(\S+)/.exec(info)?.[1] ?? "noeviction";
  const problems: string[] = [];
  if (major < 6 || (major === 6 && minor < 2))
    problems.push(`Redis ${version} is too old: use 6.2 or newer.`);
  if (policy !== "noeviction") {
    problems.push(
      `Redis evicts keys (maxmemory-policy ${policy}), which loses queued jobs: ` +
        "run `redis-cli config set maxmemory-policy noeviction` and set it in redis.conf.",
    );
  }
  if (problems.length > 0) throw new SwitchyardError("REDIS_UNSUITABLE", problems.join(" "));
}

/** Whether Redis keeps all it is given; null where it does not say. @throws when it does not answer. */
export async function readNoEviction(redis: Redis): Promise<boolean | null> {
  try {
    const policy = /maxmemory_policy:(\S+)/.exec(await redis.info("memory"))?.[1];
    return policy === undefined ? null : policy === "noeviction";
  } catch (error) {
    if (isRefusal(error)) return null;
    throw error;
  }
}

async function infoWithin(redis: Redis, timeoutMs: number): Promise<string> {
  const endsAt = Date.now() + timeoutMs;
  for (;;) {
    try {
      return await redis.info();
    } catch (error) {
      if (isRefusal(error)) {
        const words = (error as Error).message;
        throw new SwitchyardError("REDIS_UNSUITABLE", `Redis refuses us (${words}): correct REDIS_URL`, {
          cause: error,
        });
      }
      if (Date.now() >= endsAt) {
        const where = `${redis.options.host}:${redis.options.port}`;
        const todo = "start Redis or set REDIS_URL";
        throw new SwitchyardError("QUEUE_UNAVAILABLE", `no Redis answers at ${where}; ${todo}`, {
          cause: error,
        });
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

/** Redis answered, and said no: waiting cures that only while it loads its data or has no master. */
function isRefusal(error: unknown): boolean {
  return error instanceof Error && /^(NOAUTH|WRONGPASS|NOPERM|ERR)\b/.test(error.message);
}
