import type { Job } from "bullmq";
import { SwitchyardError } from "../errors/index.ts";
import type { Envelope } from "./summons.ts";

/** What a queue job learns on its way: it lives as long as the queue job, in its data. */
export interface Marked extends Envelope {
  /** Runs of a lone summons that failed for now, without those that only waited their turn. */
  failures?: number;
  /** Runs of a suspect that ended without a word, its worker with them. */
  lostRuns?: number;
}

/** One lost worker is bad luck, and whatever it had in hand comes back as this one does. */
const SUSPECT_STALLS = 2;
/** A suspect is alone among suspects when it runs: what is innocent is not beside the guilty so often. */
const MAX_LOST_RUNS = 3;

/** Its worker was lost, or its lock, and more than once: this may be what kills workers. */
export function isSuspect(job: Job<Marked>): boolean {
  return job.stalledCounter >= SUSPECT_STALLS;
}

/**
 * Notes that a suspect begins to run, so that a run which never ends is counted.
 * @throws SwitchyardError JOB_POISONED when too many of them did not end, QUEUE_UNAVAILABLE when it cannot be noted.
 */
export async function noteSuspect(job: Job<Marked>): Promise<void> {
  const lostRuns = job.data.lostRuns ?? 0;
  if (lostRuns >= MAX_LOST_RUNS) {
    const starts = SUSPECT_STALLS + lostRuns;
    throw new SwitchyardError("JOB_POISONED", `${starts} runs or more ended without a word`);
  }
  try {
    await job.updateData({ ...job.data, lostRuns: lostRuns + 1 });
  } catch (error) {
    throw new SwitchyardError("QUEUE_UNAVAILABLE", "a suspect's run could not be noted", { cause: error });
  }
}

/** This run will not end without a word, or is counted elsewhere. */
export async function clearSuspect(job: Job<Marked>): Promise<void> {
  if (job.data.lostRuns !== undefined) await job.updateData({ ...job.data, lostRuns: 0 });
}

/** One at a time, in the order in which they asked. */
export interface Turns {
  /** Resolves when it is one's turn, to how one ends it; that may be called any number of times. */
  take: () => Promise<() => void>;
}

export function createTurns(): Turns {
  let last: Promise<void> = Promise.resolve();
  return {
    async take() {
      const mine = Promise.withResolvers<void>();
      const before = last;
      last = mine.promise;
      await before;
      return mine.resolve;
    },
  };
}
