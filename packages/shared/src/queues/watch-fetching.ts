import type { Redis } from "ioredis";

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
  const patienceMs = limitMs / 20;
  let answeringSinceMs: number | null = null;
  let askedAtMs: number | null = null;

  function askRedis(): void {
    const sentAtMs = performance.now();
    askedAtMs = sentAtMs;
    const answered = (isAnswer: boolean) => {
      askedAtMs = null;
      const isLate = performance.now() - sentAtMs > patienceMs;
      answeringSinceMs = isAnswer && !isLate ? (answeringSinceMs ?? performance.now()) : null;
    };
    redis.ping().then(
      () => answered(true),
      () => answered(false),
    );
  }

  return () => {
    const nowMs = performance.now();
    const quietMs = nowMs - options.lastAskedAtMs();
    if (!options.isDue() || redis.status !== "ready" || quietMs < limitMs) {
      answeringSinceMs = null;
      return null;
    }
    if (askedAtMs === null) askRedis();
    else if (nowMs - askedAtMs > patienceMs) answeringSinceMs = null;
    const answeredMs = answeringSinceMs === null ? 0 : nowMs - answeringSinceMs;
    return answeredMs >= limitMs / 2 ? quietMs : null;
  };
}
