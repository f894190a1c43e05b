import type { JobEvent } from "@switchyard/shared/queues";

/** Wakes whoever waits for a job. An event is only a hint, so every wait also ends by time. */
export interface Waiter {
  onEvent: (event: Pick<JobEvent, "jobId">) => void;
  /** Resolves at the next event of the job, after `timeoutMs`, when the signal aborts, or at `close`. */
  next: (jobId: string, timeoutMs: number, signal: AbortSignal) => Promise<void>;
  readonly isClosed: boolean;
  close: () => void;
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
    next: (jobId, timeoutMs, signal) =>
      new Promise((resolve) => {
        if (isClosed || signal.aborted) return resolve();
        const wakers = waiting.get(jobId) ?? new Set();
        waiting.set(jobId, wakers);
        const timer = setTimeout(wake, timeoutMs);
        wakers.add(wake);
        signal.addEventListener("abort", wake, { once: true });
        function wake(): void {
          clearTimeout(timer);
          signal.removeEventListener("abort", wake);
          wakers.delete(wake);
          if (wakers.size === 0) waiting.delete(jobId);
          resolve();
        }
      }),
    close() {
      isClosed = true;
      for (const jobId of [...waiting.keys()]) wakeAll(jobId);
    },
  };
}
