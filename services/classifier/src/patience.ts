import { performance } from "node:perf_hooks";

/** Fewer may be an accident. */
const MOST_LATE = 3;
/** As long as two consultations may take by default. */
const PAUSE_MS = 10_000;

/**
 * Keeps jobs from waiting for a model that is late for all of them: after three in a row that had no answer in time, or no
 * room, it is not asked, but for one job in ten seconds, until it answers. Of this process alone: what others saw is not known.
 */
export class Patience {
  readonly #late = new Map<string, { inARow: number; untilMs: number }>();
  readonly #now: () => number;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  isOutOf(modelId: string): boolean {
    const late = this.#late.get(modelId);
    return late !== undefined && late.inARow >= MOST_LATE && this.#now() < late.untilMs;
  }

  /** The one that finds out; the others wait for what it hears. */
  asked(modelId: string): void {
    const late = this.#late.get(modelId);
    if (late !== undefined) late.untilMs = this.#now() + PAUSE_MS;
  }

  heard(modelId: string, isLate: boolean): void {
    const inARow = (this.#late.get(modelId)?.inARow ?? 0) + 1;
    if (isLate) this.#late.set(modelId, { inARow, untilMs: this.#now() + PAUSE_MS });
    else this.#late.delete(modelId);
  }
}
