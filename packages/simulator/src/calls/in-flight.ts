interface Peak {
  /** The most calls that one id ever had in flight at once. */
  readonly peakPerId: number;
  /** The ids that ever had more than one, each with its peak; the first 1,000 of them. */
  readonly aboveOne: Readonly<Record<string, number>>;
}

export interface InFlightReport {
  readonly calls: number;
  readonly now: number;
  readonly peak: number;
  /** By `x-switchyard-attempt`. */
  readonly attempts: Peak;
  /** By `x-switchyard-job`: proves, or refutes, that a job never has two calls in flight. */
  readonly jobs: Peak;
}

const MAX_OFFENDERS = 1_000;

/** Counts the calls that have arrived and are not yet over, together and per id. */
export class InFlight {
  #calls = 0;
  #now = 0;
  #peak = 0;
  readonly #attempts = new Concurrency();
  readonly #jobs = new Concurrency();

  /** Returns what to do when the call is over. */
  enter(attemptId: string | null, jobId: string | null): () => void {
    this.#calls += 1;
    this.#now += 1;
    this.#peak = Math.max(this.#peak, this.#now);
    this.#attempts.enter(attemptId);
    this.#jobs.enter(jobId);
    return () => {
      this.#now -= 1;
      this.#attempts.leave(attemptId);
      this.#jobs.leave(jobId);
    };
  }

  read(): InFlightReport {
    return {
      calls: this.#calls,
      now: this.#now,
      peak: this.#peak,
      attempts: this.#attempts.read(),
      jobs: this.#jobs.read(),
    };
  }
}

/** Remembers ids only while they are in flight, and those that broke the rule of one; so it does not grow with time. */
class Concurrency {
  readonly #now = new Map<string, number>();
  readonly #aboveOne = new Map<string, number>();
  #peakPerId = 0;

  enter(id: string | null): void {
    if (id === null) return;
    const now = (this.#now.get(id) ?? 0) + 1;
    this.#now.set(id, now);
    this.#peakPerId = Math.max(this.#peakPerId, now);
    const known = this.#aboveOne.get(id);
    if (now > (known ?? 1) && (known !== undefined || this.#aboveOne.size < MAX_OFFENDERS))
      this.#aboveOne.set(id, now);
  }

  leave(id: string | null): void {
    if (id === null) return;
    const left = (this.#now.get(id) ?? 1) - 1;
    if (left === 0) this.#now.delete(id);
    else this.#now.set(id, left);
  }

  read(): Peak {
    return { peakPerId: this.#peakPerId, aboveOne: Object.fromEntries(this.#aboveOne) };
  }
}
