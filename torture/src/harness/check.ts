import type { BillLine } from "@switchyard/simulator";
import { checkBudgets } from "./check-budgets.ts";
import { checkCauses } from "./check-causes.ts";
import { checkTotals } from "./check-totals.ts";
import type { Evidence, StoredAttempt, StoredTokens } from "./evidence.ts";
import type { Invariant, Problem } from "./invariants.ts";

const TERMINAL = ["succeeded", "failed", "cancelled", "expired"];
/** What a row of a call that was billed may be: its price is known, or it is known to be unknown. */
const MAY_BE_BILLED = ["settled", "unknown"];
/** How long after its deadline a job may end. */
const LATE_MS = 60_000;

/** What does not agree, one by one; nothing when every promise was kept. */
export function check(evidence: Evidence): Problem[] {
  return [
    ...checkEnds(evidence),
    ...checkCauses(evidence),
    ...checkBill(evidence),
    ...checkAttempts(evidence),
    ...checkResults(evidence),
    ...named("I5", checkTotals(evidence)),
    ...named(
      "I6",
      evidence.jobsWithCallsAtOnce.map((jobId) => `${jobId} had two calls in flight at once`),
    ),
    ...named(
      "I1",
      evidence.queueKeys.map((key) => `${key} is left in Redis`),
    ),
    ...named(
      "I12",
      evidence.strayDeaths.map((death) => `${death}, and nobody had caused it`),
    ),
    ...named("I10", checkBudgets(evidence)),
    ...named("I11", evidence.leaks),
    ...evidence.callerProblems,
  ];
}

function named(invariant: Invariant, texts: readonly string[]): Problem[] {
  return texts.map((what) => ({ invariant, what }));
}

/** Every accepted job is stored and in one terminal state in time, which no caller ever saw differently. */
function checkEnds({ told, jobs, bill }: Evidence): Problem[] {
  const stored = new Map(jobs.map((job) => [job.jobId, job]));
  const known = new Set(told.map(({ jobId }) => jobId));
  const problems = jobs
    .filter(({ jobId }) => !known.has(jobId))
    .map(({ jobId }) => `${jobId} is stored, and no caller was told of it`);
  for (const { jobId, ends } of told) {
    const status = stored.get(jobId)?.status;
    if (status === undefined) problems.push(`${jobId} was accepted and is not stored`);
    else if (!TERMINAL.includes(status)) problems.push(`${jobId} was accepted and is still ${status}`);
    else if (ends.length !== 1) problems.push(`${jobId} was seen in ${ends.length} terminal states: ${ends}`);
    else if (ends[0] !== status) problems.push(`${jobId} is ${status} and was seen ${ends[0]}`);
  }
  const cancelledAtMs = new Map(
    told.map((job) => [job.jobId, job.cancelledAtMs ?? Number.POSITIVE_INFINITY]),
  );
  const called = bill
    .filter(
      ({ jobId, startedAtMs }) => startedAtMs > (cancelledAtMs.get(jobId ?? "") ?? Number.POSITIVE_INFINITY),
    )
    .map(({ jobId }) => `${jobId} was called after its cancel was confirmed`);
  const late = jobs
    .filter(({ movedAtMs, deadlineAtMs }) => movedAtMs > deadlineAtMs + LATE_MS)
    .map(({ jobId, movedAtMs, deadlineAtMs }) => `${jobId} ended ${movedAtMs - deadlineAtMs} ms too late`);
  return [...named("I1", [...problems, ...called]), ...named("I9", late)];
}

/** Every line of the bill has a row of its own, which says at least that it may have been billed. */
function checkBill({ bill, attempts }: Evidence): Problem[] {
  const rows = new Map(attempts.map((attempt) => [nameOf(attempt), attempt]));
  const seen = new Set<string>();
  return bill.flatMap((line) => {
    const name = line.attemptId ?? "a call without a name";
    const row = rows.get(name);
    const isRepeated = seen.has(name);
    seen.add(name);
    if (row === undefined) return named("I2", [`${name} was billed and has no row`]);
    if (isRepeated) return named("I2", [`${name} was billed twice`]);
    if (!MAY_BE_BILLED.includes(row.state)) {
      return named("I4", [`${name} was billed and its row is ${row.state}`]);
    }
    return row.state === "settled" ? named("I3", compare(row, line)) : [];
  });
}

function compare(row: StoredAttempt, line: BillLine): string[] {
  const name = nameOf(row);
  const problems: string[] = [];
  const { inputTokens, cachedInputTokens, cacheWriteTokens, outputTokens } = row.tokens ?? NO_TOKENS;
  const allInputTokens = inputTokens + cachedInputTokens + cacheWriteTokens;
  const ours = `${allInputTokens}/${cachedInputTokens}/${outputTokens}`;
  const theirs = `${line.inputTokens}/${line.cachedInputTokens}/${line.outputTokens}`;
  if (ours !== theirs) problems.push(`${name} took ${ours} tokens and was billed ${theirs}`);
  const costPicoUsd = costOf(row);
  if (costPicoUsd !== BigInt(line.costPicoUsd)) {
    problems.push(`${name} cost ${costPicoUsd} and was billed ${line.costPicoUsd}`);
  }
  return problems;
}

/** No row claims what was not billed, none is left open, and no generation of a job is settled twice. */
function checkAttempts({ attempts, bill }: Evidence): Problem[] {
  const billed = new Set(bill.map((line) => line.attemptId));
  const seen = new Set<string>();
  return attempts.flatMap((attempt) => {
    const name = nameOf(attempt);
    if (attempt.state === "intent") return named("I4", [`${name} is still open`]);
    if (attempt.state !== "settled") return [];
    // It is answered once, and judged once.
    const what = `${attempt.jobId} ${attempt.generation} ${attempt.kind}`;
    const isSecond = seen.has(what);
    seen.add(what);
    if (isSecond) return named("I6", [`${attempt.jobId} has two settled calls`]);
    return billed.has(name) ? [] : named("I3", [`${name} is settled and was not billed`]);
  });
}

/** A job that succeeded answers what the provider sent for the attempt it names, and costs what its calls cost. */
function checkResults({ told, jobs, attempts, bill }: Evidence): Problem[] {
  const texts = new Map(told.map(({ jobId, textSha256 }) => [jobId, textSha256]));
  const answers = new Map(bill.map((line) => [line.attemptId, line.answerSha256]));
  return jobs.flatMap((job) => {
    const problems: Problem[] = [];
    const settled = attempts.filter(({ jobId, state }) => jobId === job.jobId && state === "settled");
    const costPicoUsd = settled.reduce((sum, attempt) => sum + (costOf(attempt) ?? 0n), 0n);
    if ((job.costPicoUsd ?? 0n) !== costPicoUsd) {
      problems.push(
        ...named("I5", [`${job.jobId} costs ${job.costPicoUsd} and its settled calls ${costPicoUsd}`]),
      );
    }
    if (job.status !== "succeeded") return problems;
    const result = settled.find(({ n }) => n === job.resultAttempt);
    if (result === undefined) {
      problems.push(...named("I13", [`${job.jobId} succeeded without a settled call`]));
    } else if (texts.get(job.jobId) !== answers.get(nameOf(result))) {
      problems.push(...named("I13", [`${job.jobId} answers something else than its provider did`]));
    }
    return problems;
  });
}

const NO_TOKENS: StoredTokens = {
  inputTokens: 0,
  cachedInputTokens: 0,
  cacheWriteTokens: 0,
  outputTokens: 0,
};

function costOf({ adjustedPicoUsd, costPicoUsd }: StoredAttempt): bigint | null {
  return adjustedPicoUsd ?? costPicoUsd;
}

/** The name under which an attempt goes to its provider. */
function nameOf({ jobId, n }: Pick<StoredAttempt, "jobId" | "n">): string {
  return `${jobId}.${n}`;
}
