import { randomUUID } from "node:crypto";
import type { Redis } from "ioredis";

/** The right to do something that only one process at a time is to do. */
export interface Lease {
  /** Takes or renews it. False: another process has it. Rejects when Redis cannot be asked. */
  take: () => Promise<boolean>;
  /** Taken, and its time is not over by this process's own clock: another one cannot have it. */
  readonly isHeld: boolean;
  /** Leaves it to whoever asks next. */
  release: () => Promise<void>;
}

/** KEYS: the lease. ARGV: who asks, ms. */
const TAKE = `
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
`;

const RELEASE = `if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end`;

interface Scripts {
  switchyardLeaseTake(keys: number, ...rest: (string | number)[]): Promise<number>;
  switchyardLeaseRelease(keys: number, ...rest: string[]): Promise<unknown>;
}

/** Whoever holds it and says nothing for `leaseMs` has lost it. */
export function openLease(redis: Redis, key: string, leaseMs: number): Lease {
  redis.defineCommand("switchyardLeaseTake", { lua: TAKE });
  redis.defineCommand("switchyardLeaseRelease", { lua: RELEASE });
  const scripts = redis as Redis & Scripts;
  const holder = randomUUID();
  let endsAtMs = Number.NEGATIVE_INFINITY;
  return {
    async take() {
      // From before the question, so that it ends here no later than in Redis.
      const askedAtMs = performance.now();
      const isTaken = (await scripts.switchyardLeaseTake(1, key, holder, leaseMs)) === 1;
      endsAtMs = isTaken ? askedAtMs + leaseMs : Number.NEGATIVE_INFINITY;
      return isTaken;
    },
    get isHeld() {
      return performance.now() < endsAtMs;
    },
    async release() {
      endsAtMs = Number.NEGATIVE_INFINITY;
      await scripts.switchyardLeaseRelease(1, key, holder);
    },
  };
}
