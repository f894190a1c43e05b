import type { Evidence, StoredJob } from "./harness/evidence.ts";
import type { Problem } from "./harness/invariants.ts";
import type { MemoryUse } from "./harness/memory.ts";
import type { Supervised } from "./harness/supervised.ts";
import type { System } from "./harness/system.ts";
import type { Poisoned } from "./load.ts";
import type { Counts } from "./result.ts";
import type { Scenario } from "./scenarios.ts";

interface Outcome {
  evidence: Evidence;
  counts: Counts;
  poisoned: Poisoned;
  system: System;
  memory: Readonly<Record<string, MemoryUse>>;
}

/**
 * Deaths of one poisoned job: seven for each queue job that holds it in a list. The sweeper adds another list with
 * every doubling of its patience, which begins at a second here; the first that comes to its end ends all. At most 15
 * deaths were seen; three lists are allowed for, which nothing in the product bounds.
 */
const MAX_DEATHS = 21;
/** What a job may be called that has killed whoever touched it. */
const POISON_CODES = ["JOB_POISONED", "OUTCOME_UNRESOLVED"];
/** As the catalogue of the harness leaves it. */
const MAX_UNKNOWN = 2;
/** Megabytes that a service may take at its peak: with 3,000 jobs waiting 383 were measured, with 1,300 of them 362. */
const MAX_PROCESS_MB = 512;
/** Megabytes that Redis may hold at the end beyond its first look: events and counters that lapse by themselves. */
const MAX_REDIS_GROWTH_MB = 16;

/** What a scenario asks for beyond the invariants, and what is asked of memory. */
export function demand({ allows }: Scenario, outcome: Outcome): Problem[] {
  const { counts, system, poisoned, evidence, memory } = outcome;
  const problems: Problem[] = [];
  const outOfOrder = system.client.requests.outOfOrder();
  if (!allows.extraCalls && counts.extraCalls > 0) {
    problems.push({ invariant: "I6", what: `${counts.extraCalls} calls were made again` });
  }
  if (!allows.outOfOrder && outOfOrder > 0) {
    problems.push({ invariant: "I14", what: `${outOfOrder} answers of 5xx` });
  }
  const failed = allows.failures ? [] : failuresOf(evidence, poisoned);
  const vain = counts.void + counts.unknown;
  const many = vain > allows.vainCalls ? [`${vain} calls were in vain`] : [];
  const texts = [...failed, ...many, ...checkPoison(evidence, poisoned, system.processes)];
  return [
    ...problems,
    ...texts.map((what): Problem => ({ invariant: "S1", what })),
    ...checkMemory(memory).map((what): Problem => ({ invariant: "I12", what })),
  ];
}

/**
 * A death takes along what else was on the wire: a job that was there at as many of them as it may have unknown calls
 * has failed by its policy.
 */
function wasCutOff({ jobId, failureCode }: StoredJob, attempts: Evidence["attempts"]): boolean {
  if (failureCode !== "OUTCOME_UNRESOLVED") return false;
  const isCutOff = ({ kind, state }: Evidence["attempts"][number]) =>
    kind === "invoke" && state === "unknown";
  const unknown = attempts.filter((row) => row.jobId === jobId && isCutOff(row)).length;
  return unknown >= MAX_UNKNOWN;
}

function failuresOf({ jobs, attempts }: Evidence, poisoned: Poisoned): string[] {
  return jobs
    .filter((job) => poisoned.size === 0 || !wasCutOff(job, attempts))
    .filter(({ jobId, status }) => status !== "succeeded" && status !== "cancelled" && !poisoned.has(jobId))
    .map(({ jobId, status, failureCode }) => `${jobId} ended as ${status} (${failureCode})`);
}

/** Every poisoned job has failed for what it is, and none has killed more often than its bound. */
function checkPoison({ jobs }: Evidence, poisoned: Poisoned, processes: readonly Supervised[]): string[] {
  const spared = jobs
    .filter(({ jobId }) => poisoned.has(jobId))
    .filter(({ failureCode }) => !POISON_CODES.includes(failureCode ?? ""))
    .map(({ jobId, status, failureCode }) => `${jobId} is poison and ended as ${status} (${failureCode})`);
  const deaths = new Map<string, number>();
  for (const line of processes.flatMap((process) => process.logs())) {
    const [, name] = /^killed by (\S+)$/.exec(line) ?? [];
    if (name !== undefined) deaths.set(name, (deaths.get(name) ?? 0) + 1);
  }
  const many = [...deaths]
    .filter(([, count]) => count > MAX_DEATHS)
    .map(([name, count]) => `${name} killed ${count} processes`);
  const isIdle = poisoned.size > 0 && deaths.size === 0;
  return [...spared, ...many, ...(isIdle ? ["no poison has killed anything"] : [])];
}

function checkMemory(memory: Outcome["memory"]): string[] {
  return Object.entries(memory).flatMap(([name, { first, peak, last }]) => {
    if (name !== "redis") {
      return peak > MAX_PROCESS_MB ? [`${name} took ${peak} MB, more than ${MAX_PROCESS_MB}`] : [];
    }
    return last > first + MAX_REDIS_GROWTH_MB ? [`redis held ${first} MB and holds ${last} MB`] : [];
  });
}
