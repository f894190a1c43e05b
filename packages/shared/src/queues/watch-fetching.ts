import type { Redis } from "ioredis";
import { watchAnswers } from "./watch-answers.ts";

/** What the watch looks at, each time anew. */
export interface FetchingOptions {
  redis: Redis;
  /** When the loop last asked for a queue job, on the clock of `performance.now()`. */
  lastAskedAtMs: () => number;
  /** False while it rightly asks for none: every slot is taken, or it is paused. */
  isDue: () => boolean;
  /** How long a loop that is due may go without asking. */
  limitMs: number;
}

/**
 * A check that tells how long a run loop has not asked for a queue job though it should have, or null.
 * A Redis that is away, hangs or has only just come back also keeps a loop from asking, and a restart would not
 * cure that: so a quiet loop is reported only once Redis has been answering it for half the limit. That is asked
 * over the worker's own connection, behind any fetch that waits there for its answer.
 */
export function watchFetching(options: FetchingOptions): () => number | null {
  const { redis, limitMs } = options;
  const answers = watchAnswers(redis, limitMs / 20);
  return () => {
    const quietMs = performance.now() - options.lastAskedAtMs();
    if (options.isDue() && redis.status === "ready" && quietMs >= limitMs)
      return answers.look() >= limitMs / 2 ? quietMs : null;
    answers.forget();
    return null;
  };
}
