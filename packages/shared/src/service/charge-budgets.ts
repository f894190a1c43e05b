import { type AttemptRow, type BudgetList, costPicoUsdOf, type JobView, payerOf } from "../ledger/index.ts";
import type { BudgetAccounts, BudgetCharge } from "../queues/index.ts";

interface ChargeOptions {
  budgets: BudgetList;
  accounts: Pick<BudgetAccounts, "charge">;
  now: () => number;
}

/**
 * What an ended job cost replaces what was reserved for it, in every budget that it counts in. May be repeated at will;
 * `isRepeat`: it was ended before, perhaps charged, too, and perhaps long ago.
 * @throws SwitchyardError QUEUE_UNAVAILABLE or LEDGER_UNAVAILABLE; then it has to be done again.
 */
export type ChargeBudgets = (view: JobView, isRepeat: boolean) => Promise<void>;

export function chargeBudgetsWith({ budgets: list, accounts, now }: ChargeOptions): ChargeBudgets {
  return async ({ job, attempts }, isRepeat) => {
    const budgets = await list.of(payerOf(job));
    if (budgets.length === 0) return;
    const nowMs = now();
    const charges = attempts.flatMap((attempt) => chargeOf(attempt, job.generation, nowMs));
    // The cost of a call may be known later: its outcome, or its price.
    const isAtRisk = attempts.some((row) => row.state !== "void" && costPicoUsdOf(row) === undefined);
    const { jobId, generation } = job;
    await accounts.charge({ jobId, generation, budgets, charges, isAtRisk, isRepeat }, nowMs);
  };
}

/** What a call cost, or its bound where nobody knows; nothing of one that was certainly not billed. */
function chargeOf(attempt: AttemptRow, generation: number, nowMs: number): BudgetCharge[] {
  const { n, state, maxCostPicoUsd, endedAt: atMs = nowMs } = attempt;
  if (state === "void") return [];
  const isEarlier = attempt.generation !== generation;
  return [
    { n, picoUsd: costPicoUsdOf(attempt) ?? maxCostPicoUsd, atMs, ...(isEarlier ? { isEarlier } : {}) },
  ];
}
