import type { ItemKey } from "./keys.ts";

/** What is asked of a store, and how one is opened. */
export type Item = Record<string, unknown>;

/** An item as it comes from the table or an index. */
export type StoredItem = ItemKey & Item;

/** The requests that a store makes. */
export const LEDGER_OPERATIONS = [
  "BatchGetItem",
  "BatchWriteItem",
  "DeleteItem",
  "PutItem",
  "Query",
  "Scan",
  "UpdateItem",
] as const;
export type LedgerOperation = (typeof LEDGER_OPERATIONS)[number];

export interface StoreOptions {
  tableName: string;
  region: string;
  /** Absent on AWS; the address of an emulator elsewhere. */
  endpoint?: string;
  /** Told of every request, for the count of requests and capacity units. */
  onRequest?: (operation: LedgerOperation, capacityUnits: number) => void;
  /** Told of every answer that asks to slow down, also to a request that is then repeated. */
  onThrottle?: (operation: LedgerOperation) => void;
}

/** One update: `set` replaces attributes, `remove` drops them, `add` adds numbers or set members. */
export interface Update {
  key: ItemKey;
  set?: Item;
  remove?: readonly string[];
  add?: Item;
  /** Condition over `#name` and `:value`; names are derived, values come from `values`. */
  condition: string;
  values?: Item;
}

/** Which items of a table are wanted: a condition over attributes and `:value`. All are read. */
export interface ScanFilter {
  condition: string;
  values: Item;
}

export interface IndexQuery {
  index: string;
  hash: [name: string, value: string];
  range?: [condition: string, values: Item];
  limit: number;
  /** The last item of the page before. */
  after?: StoredItem | undefined;
  isDescending?: boolean;
}
