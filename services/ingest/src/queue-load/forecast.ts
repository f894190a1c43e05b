import type { Limits } from "@switchyard/shared/catalogue";
import type { QueueFacts } from "@switchyard/shared/queues";

/** What lies ahead of the workers of a queue. */
interface Forecast {
  /** Time in slots that all takes which waits and is due. */
  backlogTokenSeconds: number;
  /** How long the workers there are take for it; null while none serves the queue. */
  drainSeconds: number | null;
}

/** What a run takes where none has ended for a week: an answer of some length, and rows that are written. */
const ASSUMED_SECONDS = { invoke: 10, classify: 0.1, settle: 0.1 } as const;

/**
 * The backlog is expected tokens times seconds per token. Both are means of what runs took lately, by which the tokens
 * cancel out and the seconds of a run are left; stages that call nobody have no tokens, and the same sum. It drains as
 * fast as slots and limits allow, whichever allow less.
 */
export function forecast(facts: QueueFacts, limits: readonly Limits[]): Forecast {
  const { waiting, prioritized, dueDelayed, slots, isPaused, stage } = facts;
  const { runs, seconds, tokens } = facts.lately;
  const jobs = waiting + prioritized + dueDelayed;
  const secondsPerRun = runs > 0 ? seconds / runs : ASSUMED_SECONDS[stage];
  const backlogTokenSeconds = jobs * secondsPerRun;
  if (slots === 0 || isPaused) return { backlogTokenSeconds, drainSeconds: null };
  const tokensPerRun = runs > 0 ? tokens / runs : 0;
  const secondsPerJob = limits.flatMap(({ requestsPerMinute, tokensPerMinute, inFlight }) => [
    60 / (requestsPerMinute ?? Number.POSITIVE_INFINITY),
    (60 * tokensPerRun) / (tokensPerMinute ?? Number.POSITIVE_INFINITY),
    secondsPerRun / (inFlight ?? Number.POSITIVE_INFINITY),
  ]);
  return { backlogTokenSeconds, drainSeconds: jobs * Math.max(secondsPerRun / slots, ...secondsPerJob) };
}

/** Several queues that are served side by side: they are drained when the last one is. */
export function drainOf(queues: readonly (Forecast & { jobs: number })[]): number | null {
  const isUnserved = queues.some(({ drainSeconds, jobs }) => drainSeconds === null && jobs > 0);
  const served = queues.flatMap(({ drainSeconds }) => (drainSeconds === null ? [] : [drainSeconds]));
  return isUnserved || served.length === 0 ? null : Math.max(...served);
}
