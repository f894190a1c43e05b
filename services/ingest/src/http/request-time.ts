/** What a request may spend on what the API depends on. With its own work it is answered within five seconds. */
const TOTAL_MS = 4_000;

/** The time one request has: for the ledger, the queues and the classifier together, not for each. */
export interface RequestTime {
  /** Aborts when the time is over. */
  signal: AbortSignal;
  /** From now on nothing is counted: the caller is busy, not we. */
  pause: () => void;
  /** Counts again, with `moreMs` on top of what is left. */
  resume: (moreMs?: number) => void;
  /** Begins anew with all of it, because the request has got on. */
  renew: () => void;
}

export function startRequestTime(totalMs: number = TOTAL_MS): RequestTime {
  const over = new AbortController();
  let leftMs = totalMs;
  let resumedAtMs = 0;
  let timer: NodeJS.Timeout | undefined;

  function pause(): void {
    if (timer === undefined) return;
    clearTimeout(timer);
    timer = undefined;
    leftMs -= performance.now() - resumedAtMs;
  }

  function resume(moreMs = 0): void {
    pause();
    leftMs += moreMs;
    resumedAtMs = performance.now();
    timer = setTimeout(() => over.abort(), Math.max(0, leftMs));
  }

  function renew(): void {
    pause();
    leftMs = totalMs;
    resume();
  }

  resume();
  return { signal: over.signal, pause, resume, renew };
}
