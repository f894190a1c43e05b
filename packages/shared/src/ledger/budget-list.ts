import { appliesTo, type Budget, type BudgetSubject, type Payer } from "../budgets/index.ts";
import type { BudgetBody } from "../contracts/index.ts";
import { SwitchyardError } from "../errors/index.ts";
import { parseUsd } from "../pricing/index.ts";
import type { StoredBudget, StoredBudgets, StoredSubject } from "./budgets.ts";
import type { JobRow } from "./rows.ts";
import { taggedBy } from "./tags.ts";

/** The budgets of the installation, as one process knows them. */
export interface BudgetList {
  /**
   * All that this release can read, as they were five seconds ago or later.
   * @throws SwitchyardError LEDGER_UNAVAILABLE
   */
  all: () => Promise<readonly Budget[]>;
  /**
   * Those that a job counts in.
   * @throws SwitchyardError LEDGER_UNAVAILABLE, also where it may count in one that this release cannot read.
   */
  of: (payer: Payer) => Promise<Budget[]>;
}

/** A budget that the API was given is known everywhere so soon. Nobody reads it while nobody asks. */
export const BUDGETS_KNOWN_MS = 5_000;
/** And so much later by every process, which may have been reading while it was written. */
export const BUDGETS_KNOWN_TO_ALL_MS = 2 * BUDGETS_KNOWN_MS;

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
  let known: (Known & { readAtMs: number }) | null = null;
  let reading: Promise<Known> | null = null;

  async function read(): Promise<Known> {
    const readAtMs = elapsedMs();
    const { bodies, unreadable } = await stored.list();
    const isOfApi = ([id]: [string, unknown]) => !Object.hasOwn(file, id);
    const ofApi = [...bodies].filter(isOfApi).map(([id, body]) => budgetOf(id, body, "api"));
    known = {
      budgets: [...ofFile, ...ofApi],
      unreadable: [...unreadable].filter(isOfApi).map(([id, body]) => ({ id, subject: subjectOf(body) })),
      readAtMs,
    };
    return known;
  }

  function all(): Promise<Known> {
    if (known !== null && elapsedMs() - known.readAtMs < BUDGETS_KNOWN_MS) return Promise.resolve(known);
    reading ??= read().finally(() => {
      reading = null;
    });
    return reading;
  }

  return {
    all: async () => (await all()).budgets,
    async of(payer) {
      const { budgets, unreadable } = await all();
      const unread = unreadable.find((one) => appliesTo(one, payer));
      if (unread === undefined) return budgets.filter((budget) => appliesTo(budget, payer));
      const message = `this release cannot read budget ${unread.id}; set it anew, or delete it`;
      throw new SwitchyardError("LEDGER_UNAVAILABLE", message);
    },
  };
}

interface Known {
  budgets: readonly Budget[];
  unreadable: readonly Pick<Budget, "id" | "subject">[];
}

/** What a budget's body means. */
export function budgetOf(id: string, body: StoredBudget, source: Budget["source"]): Budget {
  const { window: length, time_zone: timeZone } = body;
  const limitPicoUsd = parseUsd(body.limit_usd);
  const percent = body.alert_at_percent;
  return {
    id,
    subject: subjectOf(body),
    window: timeZone === undefined ? { length, kind: "rolling" } : { length, kind: "calendar", timeZone },
    limitPicoUsd,
    // Never below what was asked for.
    alertPicoUsd: percent === undefined ? null : (limitPicoUsd * BigInt(percent) + 99n) / 100n,
    isHard: body.hard_stop,
    source,
    sinceMs: body.sinceMs,
  };
}

function subjectOf({ tenant, key, tag }: StoredSubject): BudgetSubject {
  return {
    ...(tenant === undefined ? {} : { tenant }),
    ...(key === undefined ? {} : { key }),
    ...(tag === undefined ? {} : { tag: asKept(tag) }),
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
