import type { Redis } from "ioredis";

/** Tells a Redis that may have lost something from the one that was last known to be whole. */
export interface RunMark {
  /**
   * Null for the run of Redis that was marked. Otherwise what to mark it with once all it may have lost is there again;
   * until then it counts as not whole, whoever asks.
   */
  lostRun: () => Promise<string | null>;
  /** Does nothing when the data is gone since `lostRun` answered: the next one who asks is told. */
  markWhole: (runId: string) => Promise<void>;
}

/** Stands for a run whose id is refused: then only the loss of the mark itself is seen. */
const NAMELESS = "nameless";
/** No run has this id. */
const NOT_WHOLE = "none";

/**
 * A restart gives Redis another id, and with it perhaps older data; a wipe takes the mark; a replica that takes over has an id of
 * its own and the mark of its master.
 */
export function openRunMark(
  redis: Redis,
  prefix: string,
  keeper: "sweeper" | "budgets" = "sweeper",
): RunMark {
  const key = `${prefix}:${keeper}:run-id`;
  return {
    async lostRun() {
      const [marked, runId] = await Promise.all([redis.get(key), runIdOf(redis)]);
      const isMarked = marked !== null && marked !== NOT_WHOLE;
      if (isMarked && (runId === null || marked === runId)) return null;
      await redis.set(key, NOT_WHOLE);
      return runId ?? NAMELESS;
    },
    async markWhole(runId) {
      await redis.set(key, runId, "XX");
    },
  };
}

/** Null when Redis does not say: some managed ones refuse INFO. @throws when it does not answer. */
async function runIdOf(redis: Redis): Promise<string | null> {
  try {
    return /run_id:(\w+)/.exec(await redis.info("server"))?.[1] ?? null;
  } catch (error) {
    if (error instanceof Error && /^(NOPERM|ERR)\b/.test(error.message)) return null;
    throw error;
  }
}
