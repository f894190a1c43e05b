import type { Redis } from "ioredis";

/**
 * The time by which all processes write and read leases, claims and deadlines: that of Redis, carried on by this
 * process's monotonic clock. A machine whose own clock is wrong, or is set, changes nothing.
 */
export interface SharedClock {
  /** Milliseconds since the epoch. */
  now: () => number;
  /** Asks Redis again. @throws what Redis throws; then the clock goes on as it did. */
  sync: () => Promise<void>;
  close: () => void;
}

/** A monotonic clock strays from another machine's by milliseconds in that time. */
const SYNC_EVERY_MS = 5_000;
/** The error of a reading is half of what it took; a longer one says less than what is known already. */
const MAX_READING_MS = 500;

/** A clock that starts with this machine's own time, until Redis was first asked. */
export function openSharedClock(redis: Redis): SharedClock {
  let offsetMs = Date.now() - performance.now();
  let isSet = false;

  async function sync(): Promise<void> {
    const askedAtMs = performance.now();
    const [seconds, microseconds] = await redis.time();
    const tookMs = performance.now() - askedAtMs;
    if (isSet && tookMs > MAX_READING_MS) return;
    isSet = true;
    offsetMs = Number(seconds) * 1_000 + Number(microseconds) / 1_000 - (askedAtMs + tookMs / 2);
  }

  const timer = setInterval(() => sync().catch(() => {}), SYNC_EVERY_MS);
  timer.unref();
  return {
    now: () => Math.round(performance.now() + offsetMs),
    sync,
    close: () => clearInterval(timer),
  };
}
