import type { Done } from "./driver.ts";
import type { Client } from "./harness/client.ts";
import type { Evidence } from "./harness/evidence.ts";
import { INVARIANTS, type Invariant, NOT_APPLICABLE, type Problem } from "./harness/invariants.ts";
import type { ScenarioName } from "./scenarios.ts";

/** What is recorded of a run. */
export interface TortureResult {
  scenario: ScenarioName;
  seed: string;
  minutes: number;
  isSound: boolean;
  tookSeconds: number;
  counts: Counts;
  ends: Record<string, number>;
  requests: Record<string, number>;
  /** `held`, `broken` with how often, or why it could not be broken. */
  invariants: Record<Invariant, string>;
  /** Every problem, one sentence each. */
  problems: string;
  schedule: string;
}

interface Counts {
  accepted: number;
  /** Accepted jobs without a row, or whose row is not in a terminal state. */
  lost: number;
  callsBilled: number;
  /** Billed calls without a row. */
  callsMissing: number;
  /** How many more calls the totals hold than there are settled rows. */
  countedTwice: number;
  /** How many fewer. */
  notCounted: number;
  settled: number;
  unknown: number;
  void: number;
  /** Calls billed beyond the first of a job. */
  extraCalls: number;
  kills: number;
  stops: number;
  freezes: number;
  wipes: number;
  slowestRequestMs: number;
}

const TERMINAL = ["succeeded", "failed", "cancelled", "expired"];

export function countRun(evidence: Evidence, done: Done, client: Client): Counts {
  const { told, jobs, attempts, bill, totals } = evidence;
  const ended = new Set(jobs.filter(({ status }) => TERMINAL.includes(status)).map(({ jobId }) => jobId));
  const rows = new Set(attempts.map(({ jobId, n }) => `${jobId}.${n}`));
  const inState = (state: string) => attempts.filter((attempt) => attempt.state === state).length;
  const counted = totals.reduce((sum, { calls }) => sum + calls, 0);
  return {
    accepted: told.length,
    lost: told.filter(({ jobId }) => !ended.has(jobId)).length,
    callsBilled: bill.length,
    callsMissing: bill.filter(({ attemptId }) => !rows.has(attemptId ?? "")).length,
    countedTwice: Math.max(0, counted - inState("settled")),
    notCounted: Math.max(0, inState("settled") - counted),
    settled: inState("settled"),
    unknown: inState("unknown"),
    void: inState("void"),
    extraCalls: bill.length - new Set(bill.map(({ jobId }) => jobId)).size,
    kills: done.counts.kill + done.counts.wipe,
    stops: done.counts.stop,
    freezes: done.counts.freeze,
    wipes: done.counts.wipe,
    slowestRequestMs: client.requests.slowestMs(),
  };
}

/** How many jobs ended in which way. */
export function countEnds({ jobs }: Evidence): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { status } of jobs) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}

/** Each invariant with what became of it. */
export function judge(problems: readonly Problem[]): Record<Invariant, string> {
  const ids = Object.keys(INVARIANTS) as Invariant[];
  const verdicts = ids.map((id) => {
    const broken = problems.filter(({ invariant }) => invariant === id).length;
    const reason = NOT_APPLICABLE[id];
    if (broken > 0) return [id, `broken ${broken} times`];
    return [id, reason === undefined ? "held" : `not applicable: ${reason}`];
  });
  return Object.fromEntries(verdicts) as Record<Invariant, string>;
}
