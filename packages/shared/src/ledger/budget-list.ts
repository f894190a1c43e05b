import { appliesTo, type Budget, type Payer } from "../budgets/index.ts";
import type { BudgetBody } from "../contracts/index.ts";
import { parseUsd } from "../pricing/index.ts";
import type { StoredBudgets } from "./budgets.ts";
import type { JobRow } from "./rows.ts";
import { taggedBy } from "./tags.ts";

/** The budgets of the installation, as one process knows them. */
export interface BudgetList {
  /**
   * All of them, as they were five seconds ago or later.
   * @throws SwitchyardError LEDGER_UNAVAILABLE
   */
  all: () => Promise<readonly Budget[]>;
  /** Those that a job counts in. @throws SwitchyardError LEDGER_UNAVAILABLE */
  of: (payer: Payer) => Promise<Budget[]>;
}

/** A budget that the API was given is known everywhere so soon. Nobody reads it while nobody asks. */
export const BUDGETS_KNOWN_MS = 5_000;

export interface BudgetListOptions {
  stored: Pick<StoredBudgets, "list">;
  /** Those of the catalogue's file; their ids win. */
  file: Readonly<Record<string, BudgetBody>>;
  /** A clock that nobody sets. */
  elapsedMs?: () => number;
}

export function openBudgetList({
  stored,
  file,
  elapsedMs = () => performance.now(),
}: BudgetListOptions): BudgetList {
  const ofFile = Object.entries(file).map(([id, body]) => budgetOf(id, body, "file"));
  let known: { budgets: readonly Budget[]; readAtMs: number } | null = null;
  let reading: Promise<readonly Budget[]> | null = null;

  async function read(): Promise<readonly Budget[]> {
    const readAtMs = elapsedMs();
    const ofApi = [...(await stored.list())].filter(([id]) => !Object.hasOwn(file, id));
    const budgets = [...ofFile, ...ofApi.map(([id, body]) => budgetOf(id, body, "api"))];
    known = { budgets, readAtMs };
    return budgets;
  }

  function all(): Promise<readonly Budget[]> {
    if (known !== null && elapsedMs() - known.readAtMs < BUDGETS_KNOWN_MS)
      return Promise.resolve(known.budgets);
    reading ??= read().finally(() => {
      reading = null;
    });
    return reading;
  }

  return {
    all,
    async of(payer) {
      return (await all()).filter((budget) => appliesTo(budget, payer));
    },
  };
}

/** What a budget's body means. */
export function budgetOf(id: string, body: BudgetBody, source: Budget["source"]): Budget {
  const { tenant, key, tag, window: length, time_zone: timeZone } = body;
  const limitPicoUsd = parseUsd(body.limit_usd);
  const percent = body.alert_at_percent;
  return {
    id,
    subject: {
      ...(tenant === undefined ? {} : { tenant }),
      ...(key === undefined ? {} : { key }),
      ...(tag === undefined ? {} : { tag: asKept(tag) }),
    },
    window: timeZone === undefined ? { length, kind: "rolling" } : { length, kind: "calendar", timeZone },
    limitPicoUsd,
    // Never below what was asked for.
    alertPicoUsd: percent === undefined ? null : (limitPicoUsd * BigInt(percent) + 99n) / 100n,
    isHard: body.hard_stop,
    source,
  };
}

/** A job's row keeps a long value shortened. */
function asKept({ name, value }: { name: string; value: string }): { name: string; value: string } {
  return { name, value: taggedBy({ [name]: value }, [name]).tags?.[name] ?? value };
}

/** Whose job it is, and under which tags it is counted. */
export function payerOf({ tenant, keyId, tags = {} }: Pick<JobRow, "tenant" | "keyId" | "tags">): Payer {
  return { tenant, keyId, tags };
}
