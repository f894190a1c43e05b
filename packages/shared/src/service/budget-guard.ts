import { type Budget, type BudgetRefusal, type Payer, REFUSAL_REASONS } from "../budgets/index.ts";
import type { Catalogue } from "../catalogue/index.ts";
import { type BudgetList, type Ledger, openBudgetList } from "../ledger/index.ts";
import { type BudgetAccounts, openBudgetAccounts, type RedisConnection } from "../queues/index.ts";
import { keepSeriesOf, type Metrics } from "../telemetry/index.ts";
import { type ChargeBudgets, chargeBudgetsWith } from "./charge-budgets.ts";

/** What is asked for a job: that all its calls together may cost so much. */
export interface CoverRequest {
  jobId: string;
  /** The generation of the job whose calls they are. */
  generation: number;
  payer: Payer;
  amountPicoUsd: bigint;
  /** A call is about to be made: from now on no less may be reserved, whoever thinks that less will do. */
  isForCall?: boolean;
  /** Where it finds no room it comes again, and new jobs leave it room meanwhile. */
  isWaiting?: boolean;
}

/** `none`: no budget is for the job, and nothing was asked. */
export type Cover = "none" | "covered" | Refused;

/** No room, and whether the budget is one of the job's own tenant or key, whose name may be told. */
export type Refused = BudgetRefusal & { isOwn: boolean };

/** The budgets of the installation and their accounts, as a service asks them. */
export interface BudgetGuard {
  list: BudgetList;
  accounts: BudgetAccounts;
  /**
   * @throws SwitchyardError LEDGER_UNAVAILABLE or QUEUE_UNAVAILABLE when nobody can say whether there is room.
   */
  cover: (request: CoverRequest) => Promise<Cover>;
  charge: ChargeBudgets;
}

interface GuardOptions {
  ledger: Pick<Ledger, "budgets" | "now">;
  redis: RedisConnection;
  config: { queuePrefix: string };
  catalogue: Pick<Catalogue, "budgets">;
  metrics: Pick<Metrics, "budgetRefusals">;
  /** Where refusals are counted. */
  where: "ingest" | "invoker";
}

export function openBudgetGuard(options: GuardOptions): BudgetGuard {
  const { ledger, redis, config, catalogue, metrics, where } = options;
  const list = openBudgetList({ stored: ledger.budgets, file: catalogue.budgets });
  const accounts = openBudgetAccounts(redis, config.queuePrefix);
  let shown: readonly Budget[] | null = null;
  /** The list is another one whenever it was read anew, and only then. */
  async function showAll(): Promise<void> {
    const all = await list.all();
    if (all === shown) return;
    shown = all;
    const ids = all.map(({ id }) => id);
    await keepSeriesOf(metrics.budgetRefusals, { budget: ids, where: [where], reason: REFUSAL_REASONS });
  }
  return {
    list,
    accounts,
    charge: chargeBudgetsWith({ budgets: list, accounts, now: ledger.now }),
    async cover({ payer, ...asked }) {
      const budgets = await list.of(payer);
      // What is shown keeps nobody from a call.
      await showAll().catch(() => {});
      if (budgets.length === 0) return "none";
      const refusal = await accounts.cover({ ...asked, budgets }, ledger.now());
      if (refusal === null) return "covered";
      const { budgetId, reason } = refusal;
      metrics.budgetRefusals.inc({ budget: budgetId, where, reason });
      return { ...refusal, isOwn: budgets.some((one) => one.id === budgetId && isOwnBudget(one, payer)) };
    },
  };
}

/** The budget is for the jobs of one tenant or one key, and these are they: they may see it. */
export function isOwnBudget(
  { subject }: Pick<Budget, "subject">,
  who: Pick<Payer, "tenant" | "keyId">,
): boolean {
  if (subject.tenant === undefined && subject.key === undefined) return false;
  if (subject.tenant !== undefined && subject.tenant !== who.tenant) return false;
  return subject.key === undefined || subject.key === who.keyId;
}
