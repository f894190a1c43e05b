import type { JobEvent } from "@switchyard/shared/queues";

/** Wakes whoever waits for a job. An event is only a hint, so every wait also ends by time. */
export interface Waiter {
  onEvent: (event: Pick<JobEvent, "jobId">) => void;
  /** Listens from now on, until the job's next event, `timeoutMs`, the signal's abort, or `close`. */
  next: (jobId: string, timeoutMs: number, signal: AbortSignal) => Wait;
  readonly isClosed: boolean;
  close: () => void;
}

export interface Wait {
  /** Resolves when the wait is over, whatever ended it; never rejects. */
  over: Promise<void>;
  /** Ends it now. */
  end: () => void;
}

export function createWaiter(): Waiter {
  const waiting = new Map<string, Set<() => void>>();
  let isClosed = false;

  function wakeAll(jobId: string): void {
    for (const wake of waiting.get(jobId) ?? []) wake();
  }

  return {
    get isClosed() {
      return isClosed;
    },
    onEvent: ({ jobId }) => wakeAll(jobId),
    next(jobId, timeoutMs, signal) {
      const { promise: over, resolve } = Promise.withResolvers<void>();
      if (isClosed || signal.aborted) {
        resolve();
        return { over, end: () => {} };
      }
      const wakers = waiting.get(jobId) ?? new Set();
      waiting.set(jobId, wakers);
      const timer = setTimeout(end, timeoutMs);
      wakers.add(end);
      signal.addEventListener("abort", end, { once: true });
      function end(): void {
        clearTimeout(timer);
        signal.removeEventListener("abort", end);
        wakers.delete(end);
        if (wakers.size === 0 && waiting.get(jobId) === wakers) waiting.delete(jobId);
        resolve();
      }
      return { over, end };
    },
    close() {
      isClosed = true;
      for (const jobId of [...waiting.keys()]) wakeAll(jobId);
    },
  };
}
