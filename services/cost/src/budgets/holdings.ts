import { setTimeout } from "node:timers/promises";
import { appliesTo, type Budget } from "@switchyard/shared/budgets";
import { isTerminal } from "@switchyard/shared/contracts";
import { asSwitchyardError } from "@switchyard/shared/errors";
import { type JobView, type Ledger, mostSpentPicoUsd, payerOf } from "@switchyard/shared/ledger";
import type { BudgetUpkeep } from "@switchyard/shared/queues";
import type { Logger } from "@switchyard/shared/telemetry";
import { uncounted } from "../settle.ts";

export interface HoldingOptions {
  ledger: Pick<Ledger, "jobs">;
  upkeep: Pick<BudgetUpkeep, "restore">;
  log: Logger;
  now: () => number;
  /** After so long the index of rows shows what was written before a walk through it. */
  indexLagMs: number;
}

/** Whether to go on: asked in between, by whoever needs to be told that there is progress. */
export type IsStill = () => Promise<boolean>;

/** Whoever waits goes on saying so, or somebody else begins anew meanwhile. */
const WAIT_PARTS = 8;

/** Rows that are read at once. */
const PAGE = 200;

/** Reserves what jobs hold by their rows. False when somebody else is to go on. */
export async function restoreHoldings(
  options: HoldingOptions,
  budgets: readonly Budget[],
  isStill: IsStill,
): Promise<boolean> {
  const { ledger, log, indexLagMs } = options;
  const seen = new Set<string>();

  async function walk(): Promise<boolean> {
    for await (const page of ledger.jobs.wanting(PAGE)) {
      const jobIds = page.filter((jobId) => !seen.has(jobId));
      const outcomes = await Promise.allSettled(jobIds.map((jobId) => restore(options, budgets, jobId)));
      passOver(outcomes, log);
      for (const jobId of jobIds) seen.add(jobId);
      if (!(await isStill())) return false;
    }
    return true;
  }

  if (!(await walk())) return false;
  // The index lags behind the rows, and rows change places in it: a second walk finds what the first has missed.
  for (let part = 0; part < WAIT_PARTS; part += 1) {
    await setTimeout(indexLagMs / WAIT_PARTS);
    if (!(await isStill())) return false;
  }
  return walk();
}

async function restore(
  { ledger, upkeep, now }: HoldingOptions,
  budgets: readonly Budget[],
  jobId: string,
): Promise<void> {
  const view = await ledger.jobs.view(jobId);
  if (view === null) return;
  const { generation } = view.job;
  const amountPicoUsd = holdingOf(view);
  const own = budgets.filter((budget) => appliesTo(budget, payerOf(view.job)));
  if (amountPicoUsd > 0n && own.length > 0)
    await upkeep.restore({ jobId, generation, budgets: own, amountPicoUsd }, now());
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
