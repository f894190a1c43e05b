import type { Done } from "./driver.ts";
import type { Evidence } from "./harness/evidence.ts";
import { INVARIANTS, type Invariant, NOT_APPLICABLE, type Problem } from "./harness/invariants.ts";
import type { MemoryUse } from "./harness/memory.ts";
import type { System } from "./harness/system.ts";
import type { ScenarioName } from "./scenarios.ts";
import type { Act } from "./schedule.ts";

/** What is recorded of a run. */
export interface TortureResult {
  scenario: ScenarioName;
  seed: string;
  minutes: number;
  isSound: boolean;
  tookSeconds: number;
  counts: Counts;
  /** What was done, and how often. */
  acts: Partial<Record<Act, number>>;
  ends: Record<string, number>;
  budgets: Record<string, BudgetUse>;
  requests: Record<string, number>;
  /** Megabytes by process. */
  memory: Readonly<Record<string, MemoryUse>>;
  /** `held`, `broken` with how often, or why it could not be broken. */
  invariants: Record<Invariant, string>;
  /** Every problem, one sentence each. */
  problems: string;
  schedule: string;
}

/** What was seen of a budget, in pico-dollars. */
export interface BudgetUse {
  /** How often its account was seen built. */
  looks: number;
  /** The most that was spent and reserved together. */
  most: string;
  spent: string | null;
}

export interface Counts {
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
  /** Calls billed for answers beyond the first of a job. */
  extraCalls: number;
  /** SIGKILLs of processes, servers included. */
  kills: number;
  /** Bytes of writes that Redis had acknowledged and its successors had not heard of. */
  forgottenBytes: number;
  /** Commands that Redis refused while it was starved or demoted. */
  refusedByRedis: number;
  /** Requests that were refused, and replies lost, on the way to DynamoDB. */
  throttledByDynamodb: number;
  slowestRequestMs: number;
}

const TERMINAL = ["succeeded", "failed", "cancelled", "expired"];

export function countRun(
  evidence: Evidence,
  { counts: acts }: Done,
  { client, redis, dynamodbWay: way }: System,
): Counts {
  const { told, jobs, attempts, bill, totals } = evidence;
  const ended = new Set(jobs.filter(({ status }) => TERMINAL.includes(status)).map(({ jobId }) => jobId));
  const rows = new Set(attempts.map(({ jobId, n }) => `${jobId}.${n}`));
  const judging = attempts.filter(({ kind }) => kind === "classify");
  const judged = new Set(judging.map(({ jobId, n }) => `${jobId}.${n}`));
  const answers = bill.filter(({ attemptId }) => !judged.has(attemptId ?? ""));
  const inState = (state: string) => attempts.filter((attempt) => attempt.state === state).length;
  const counted = totals.reduce((sum, { sums }) => sum + Number(sums.calls ?? 0n), 0);
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
    extraCalls: answers.length - new Set(answers.map(({ jobId }) => jobId)).size,
    kills: (acts.kill ?? 0) + (acts.wipe ?? 0) + (acts.failover ?? 0),
    forgottenBytes: redis.forgottenBytes,
    refusedByRedis: redis.refusals,
    throttledByDynamodb: (way?.refused() ?? 0) + (way?.lost() ?? 0),
    slowestRequestMs: client.requests.slowestMs(),
  };
}

export function countBudgets({ budgets }: Evidence): Record<string, BudgetUse> {
  const uses = budgets.map(({ id, looks, end }): [string, BudgetUse] => {
    const used = looks.map(({ spentPicoUsd, reservedPicoUsd }) => spentPicoUsd + reservedPicoUsd);
    const most = used.toSorted((a, b) => (a < b ? -1 : 1)).at(-1) ?? 0n;
    return [id, { looks: looks.length, most: `${most}`, spent: end === null ? null : `${end.spentPicoUsd}` }];
  });
  return Object.fromEntries(uses);
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
