import { randomUUID } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import { appliesTo, type Budget } from "@switchyard/shared/budgets";
import { isTerminal } from "@switchyard/shared/contracts";
import { asSwitchyardError } from "@switchyard/shared/errors";
import { type JobView, type Ledger, mostSpentPicoUsd, payerOf } from "@switchyard/shared/ledger";
import type { BudgetUpkeep } from "@switchyard/shared/queues";
import type { Logger } from "@switchyard/shared/telemetry";
import { uncounted } from "../settle.ts";
import { type HourSums, leastOf, openSpentSums, partsOf } from "./spent-sums.ts";

export interface RebuildOptions {
  ledger: Ledger;
  upkeep: BudgetUpkeep;
  log: Logger;
  now: () => number;
  /** After so long the index of rows shows what was written before a walk through it. */
  indexLagMs: number;
}

/** Rows that are read at once. */
const PAGE = 200;
/** The end of a slice is met once; more often only a Redis that loses its data says `again`. */
const MAX_TRIES = 3;

/** Whether to go on: asked in between, by whoever needs to be told that there is progress. */
export type IsStill = () => Promise<boolean>;

/** Makes accounts, and keeps them, what the rows and the totals say. */
export interface Rebuilder {
  /**
   * Builds accounts: first what live jobs may cost, then what was spent. `isLost`: Redis may have lost some of what they
   * hold. True when all are built.
   */
  build: (budgets: readonly Budget[], isLost: boolean, isStill: IsStill) => Promise<boolean>;
  /** Corrects what accounts say was spent where the totals say otherwise. */
  check: (budgets: readonly Budget[], isStill: IsStill) => Promise<void>;
}

export function openRebuilder({ ledger, upkeep, log, now, indexLagMs }: RebuildOptions): Rebuilder {
  /** What the totals said last, by the id of the budget. */
  const before = new Map<string, HourSums>();

  async function restore(budgets: readonly Budget[], jobId: string): Promise<void> {
    const view = await ledger.jobs.view(jobId);
    if (view === null) return;
    const { generation } = view.job;
    const amountPicoUsd = holdingOf(view);
    const own = budgets.filter((budget) => appliesTo(budget, payerOf(view.job)));
    if (amountPicoUsd > 0n && own.length > 0)
      await upkeep.restore({ jobId, generation, budgets: own, amountPicoUsd }, now());
  }

  /** Of jobs that were not seen. False when somebody else is to go on. */
  async function walk(budgets: readonly Budget[], seen: Set<string>, isStill: IsStill): Promise<boolean> {
    for await (const page of ledger.jobs.wanting(PAGE)) {
      const jobIds = page.filter((jobId) => !seen.has(jobId));
      const outcomes = await Promise.allSettled(jobIds.map((jobId) => restore(budgets, jobId)));
      passOver(outcomes, log);
      for (const jobId of jobIds) seen.add(jobId);
      if (!(await isStill())) return false;
    }
    return true;
  }

  /** Those whose window moved meanwhile, or that Redis has lost. */
  async function correct(budgets: readonly Budget[], mark: string, isStill: IsStill): Promise<Budget[]> {
    const nowMs = now();
    const pass = randomUUID();
    const taken = await Promise.all(budgets.map((budget) => upkeep.begin(budget, pass, nowMs)));
    const sumsOf = openSpentSums(ledger.totals, nowMs, isStill);
    const again: Budget[] = [];
    for (const [index, budget] of budgets.entries()) {
      const sums = await sumsOf(budget);
      // What the totals hold now may not be charged yet; what they held before is.
      const leastPicoUsd = leastOf(before.get(budget.id) ?? new Map(), budget, nowMs) + (taken[index] ?? 0n);
      const told = { leastPicoUsd, parts: partsOf(sums, nowMs) };
      const finished = await upkeep.finish(budget, told, { pass, mark, nowMs });
      if (finished === "again") again.push(budget);
      else before.set(budget.id, sums);
      if (finished === "corrected")
        log.info({ budget: budget.id }, "what was spent was taken from the totals");
    }
    return again;
  }

  async function correctAll(budgets: readonly Budget[], mark: string, isStill: IsStill): Promise<Budget[]> {
    let left = await correct(budgets, mark, isStill);
    for (let tries = 1; left.length > 0 && tries < MAX_TRIES; tries += 1)
      left = await correct(left, mark, isStill);
    for (const { id } of left) log.warn({ budget: id }, "a budget could not be compared with the totals");
    return left;
  }

  return {
    async build(budgets, isLost, isStill) {
      const mark = randomUUID();
      await upkeep.mark(budgets, mark, isLost);
      const seen = new Set<string>();
      if (!(await walk(budgets, seen, isStill))) return false;
      // The index lags behind the rows, and rows change places in it: a second walk finds what the first has missed.
      await setTimeout(indexLagMs);
      if (!(await walk(budgets, seen, isStill))) return false;
      return (await correctAll(budgets, mark, isStill)).length === 0;
    },
    async check(budgets, isStill) {
      await correctAll(budgets, "none", isStill);
    },
  };
}

/** The most that the calls of a job in progress may cost; those of earlier generations are charged. */
function holdingOf({ job, attempts }: JobView): bigint {
  // One that has ended holds what the totals lack of it.
  if (isTerminal(job.status)) return mostSpentPicoUsd(uncounted({ job, attempts }));
  const spent = mostSpentPicoUsd(attempts.filter(({ generation }) => generation === job.generation));
  const reserved = job.reservedPicoUsd ?? 0n;
  return reserved > spent ? reserved : spent;
}

/** A row that is itself broken holds nothing up; a store that does not answer does. */
export function passOver(outcomes: readonly PromiseSettledResult<void>[], log: Logger): void {
  for (const outcome of outcomes) {
    if (outcome.status === "fulfilled") continue;
    const error = asSwitchyardError(outcome.reason);
    if (error.kind === "unavailable") throw error;
    log.warn({ error }, "a job could not be read for its budgets");
  }
}
