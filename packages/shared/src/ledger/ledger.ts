import { type AccessKeys, accessKeysOn } from "./access-keys.ts";
import { type Adjustments, adjustmentsOn } from "./adjustments.ts";
import { type Attempts, attemptsOn } from "./attempts.ts";
import { type Audit, auditOn } from "./audit.ts";
import { type StoredBudgets, storedBudgetsOn } from "./budgets.ts";
import { checkTable } from "./check-table.ts";
import { type Contents, contentsOn } from "./contents.ts";
import { type Drifts, driftsOn } from "./drifts.ts";
import { type Jobs, jobsOn } from "./jobs.ts";
import { type Leases, leasesOn } from "./leases.ts";
import { openStore, type Store } from "./store.ts";
import { storeInTime } from "./store-in-time.ts";
import type { StoreOptions } from "./store-requests.ts";
import { createTable } from "./table.ts";
import { type Totals, totalsInTime, totalsOn } from "./totals.ts";
import { type NextPlace, totalsPlaces } from "./totals-places.ts";

/** Everything that is kept in DynamoDB. */
export interface Ledger {
  jobs: Jobs;
  attempts: Attempts;
  adjustments: Adjustments;
  contents: Contents;
  totals: Totals;
  audit: Audit;
  drifts: Drifts;
  accessKeys: AccessKeys;
  budgets: StoredBudgets;
  leases: Leases;
  /** The time by which rows are written, in milliseconds since the epoch; whoever compares with theirs must take it. */
  now: () => number;
  /**
   * The same ledger for somebody whose time ends with the signal: then every request that is open or begun fails with
   * LEDGER_UNAVAILABLE. Without it a request may take three tries of three seconds, and wait behind others.
   */
  within: (signal: AbortSignal) => Ledger;
  /** Creates the table when it is absent; for laptops and trials. */
  createTable: () => Promise<void>;
  /** Compares the table with what is expected of it; see `checkTable`. Answers warnings. */
  checkTable: () => Promise<string[]>;
  /** @throws SwitchyardError LEDGER_UNAVAILABLE when the table cannot be read. */
  ping: () => Promise<void>;
  close: () => void;
}

export interface LedgerOptions extends StoreOptions {
  /** This machine's clock unless given. */
  now?: () => number;
}

/** Opens the ledger; the first request connects. */
export function openLedger(options: LedgerOptions): Ledger {
  const store = openStore(options);
  const standing = { totals: totalsOn(store), nextPlace: totalsPlaces() };
  return ledgerOn(store, options.now ?? Date.now, standing);
}

/** What is one for a process, whoever asks and for how long: places in the totals, and what goes into them together. */
interface Standing {
  totals: Totals;
  nextPlace: NextPlace;
}

function ledgerOn(store: Store, now: () => number, standing: Standing): Ledger {
  return {
    jobs: jobsOn(store, now),
    attempts: attemptsOn(store, now, standing.nextPlace),
    adjustments: adjustmentsOn(store),
    contents: contentsOn(store),
    totals: standing.totals,
    audit: auditOn(store),
    drifts: driftsOn(store),
    accessKeys: accessKeysOn(store),
    budgets: storedBudgetsOn(store, now),
    leases: leasesOn(store, now),
    now,
    within(signal) {
      const totals = totalsInTime(standing.totals, signal);
      return ledgerOn(storeInTime(store, signal), now, { ...standing, totals });
    },
    createTable: () => createTable(store.client, store.tableName),
    checkTable: () => checkTable(store.client, store),
    async ping() {
      await store.get({ pk: "P#ping", sk: "ping" });
    },
    close: store.close,
  };
}
