/** What a brake needs of a worker. */
export interface Brakeable {
  pause: (doesNotWaitForActive: boolean) => Promise<void>;
  resume: () => Promise<void>;
}

/** Keeps a worker from fetching for a while; what it has in hand goes on. */
export interface Brake {
  readonly isOn: boolean;
  /** When it ends, or ended last, on the clock of `performance.now()`: before that nothing is fetched. */
  readonly endsAtMs: number;
  /** Fetches nothing for so long, 30 s at most; a longer wish that stands already wins. */
  pull: (timeMs: number) => void;
  /** For a worker that drains: nothing is resumed any more. */
  close: () => void;
}

/**
 * A paused worker looks for no stalled queue jobs either, so no brake may last: whatever asks for more asks
 * again. Each end of a brake looks at once, as often as Redis lets any worker look, so that many short ones
 * delay nothing.
 */
const MAX_BRAKE_MS = 30_000;

export function createBrake(worker: Brakeable): Brake {
  let endsAtMs = 0;
  let timer: NodeJS.Timeout | null = null;
  let isClosed = false;

  function resume(): void {
    timer = null;
    // A run loop that has ended meanwhile is started again; one that waits for what is in hand is woken up.
    void worker.resume();
  }

  return {
    get isOn() {
      return timer !== null;
    },
    get endsAtMs() {
      return endsAtMs;
    },
    pull(timeMs) {
      const boundedMs = Math.min(timeMs, MAX_BRAKE_MS);
      const wishMs = performance.now() + boundedMs;
      if (isClosed || (timer !== null && wishMs <= endsAtMs)) return;
      if (timer === null) void worker.pause(true);
      else clearTimeout(timer);
      endsAtMs = wishMs;
      timer = setTimeout(resume, boundedMs);
    },
    close() {
      isClosed = true;
      if (timer !== null) clearTimeout(timer);
      timer = null;
    },
  };
}
