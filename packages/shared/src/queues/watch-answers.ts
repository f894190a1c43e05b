import type { Redis } from "ioredis";

/** Whether Redis answers, for whoever would else take its absence for a fault of the process. */
export interface AnswersWatch {
  /** Asks, and answers for how many milliseconds Redis has answered in time, as far as the looks before can tell. */
  look: () => number;
  /** Nobody wants to know: what was seen before does not count later. */
  forget: () => void;
}

/** It is asked over that connection, behind whatever waits there for its answer. */
export function watchAnswers(redis: Redis, patienceMs: number): AnswersWatch {
  let answeringSinceMs: number | null = null;
  let askedAtMs: number | null = null;

  function ask(): void {
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

  return {
    look() {
      const nowMs = performance.now();
      if (redis.status !== "ready") answeringSinceMs = null;
      else if (askedAtMs === null) ask();
      else if (nowMs - askedAtMs > patienceMs) answeringSinceMs = null;
      return answeringSinceMs === null ? 0 : nowMs - answeringSinceMs;
    },
    forget() {
      answeringSinceMs = null;
    },
  };
}
