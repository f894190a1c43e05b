import type { Brake } from "./brake.ts";

export interface PaceOptions {
  /** Runs in hand at most. */
  most: number;
  brake: Brake;
  /** The number of runs that may be in hand has changed. */
  onChange: (concurrency: number) => void;
  /** A run has ended that the limits had let through so many seconds before, or, without limits, that began then. */
  onServed?: (seconds: number) => void;
  /** Runs say when they are admitted. */
  isLimited?: boolean;
}

/** Between 0 and 1; a test gives its own. */
type Random = () => number;

/** What one run tells of itself. */
export interface PacedRun {
  /** The limits let it through. */
  admitted: () => void;
  /** The limits have no room for so long. */
  refused: (retryAfterMs: number) => void;
  ended: () => void;
}

/** How fast a worker asks under limits that all processes share. */
export interface Pace {
  readonly inHand: number;
  /** When the run that is in hand for longest began, on the clock of `performance.now()`; infinity without any. */
  readonly oldestStartedAtMs: number;
  /** When a run last ended, on the clock of `performance.now()`. */
  readonly lastEndedAtMs: number;
  readonly concurrency: number;
  started: () => PacedRun;
}

/** 2 ** 6 times the wait is enough for dozens of processes. */
const MAX_PATIENCE = 6;
/** Beyond the time until there is room: what a breaker or a hold has ended is noticed so soon. */
const MAX_EXTRA_MS = 10_000;

/**
 * Fetches no more than may be admitted, since each refused run is a fetch, a read of rows, a question and a way back.
 * After a refusal nothing is fetched until there is room, and then one run at a time beside those admitted, one more
 * for every two that are. A worker that then finds the room taken by others waits up to twice as long as the time
 * before (ten seconds more at most), and half as long once it finds room for several: so every question finds about one place, whatever the
 * number of processes, and a twentieth of a minute's limit may gather meanwhile (see bucket).
 */
export function createPace(options: PaceOptions, random: Random = Math.random): Pace {
  const { most, brake, onChange, onServed, isLimited = true } = options;
  const starts = new Set<{ atMs: number }>();
  let admittedInHand = 0;
  let lastEndedAtMs = 0;
  let isUnlimited = true;
  let admittedSince = 0;
  let patience = 0;
  let concurrency = most;

  function adjust(): void {
    const asking = 1 + Math.floor(admittedSince / 2);
    if (asking >= most) isUnlimited = true;
    const next = isUnlimited ? most : Math.min(most, admittedInHand + asking);
    if (next === concurrency) return;
    concurrency = next;
    onChange(next);
  }

  function refused(retryAfterMs: number): void {
    // Runs that were asked about together are refused together: that is one finding.
    if (!brake.isOn) {
      if (!isUnlimited && admittedSince === 0) patience = Math.min(MAX_PATIENCE, patience + 1);
      if (admittedSince > 1) patience = Math.max(0, patience - 1);
    }
    isUnlimited = false;
    admittedSince = 0;
    brake.pull(retryAfterMs + random() * Math.min(MAX_EXTRA_MS, retryAfterMs * (2 ** patience - 1)));
    adjust();
  }

  return {
    get inHand() {
      return starts.size;
    },
    get oldestStartedAtMs() {
      // A set keeps the order in which it was filled.
      return starts.values().next().value?.atMs ?? Number.POSITIVE_INFINITY;
    },
    get lastEndedAtMs() {
      return lastEndedAtMs;
    },
    get concurrency() {
      return concurrency;
    },
    started() {
      let isAdmitted = false;
      const start = { atMs: performance.now() };
      let servedFromMs = isLimited ? null : start.atMs;
      starts.add(start);
      return {
        admitted() {
          if (isAdmitted) return;
          isAdmitted = true;
          servedFromMs = performance.now();
          admittedInHand += 1;
          admittedSince += 1;
          adjust();
        },
        refused,
        ended() {
          starts.delete(start);
          if (isAdmitted) admittedInHand -= 1;
          lastEndedAtMs = performance.now();
          if (servedFromMs !== null) onServed?.((lastEndedAtMs - servedFromMs) / 1_000);
          adjust();
        },
      };
    },
  };
}
