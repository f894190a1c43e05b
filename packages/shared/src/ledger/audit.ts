import { asSwitchyardError } from "../errors/index.ts";
import type { AdjustmentRow } from "./adjustment-row.ts";
import type { ItemKey } from "./keys.ts";
import { readAdjustment, readAttempt } from "./row-codec.ts";
import type { AttemptRow } from "./rows.ts";
import type { Store } from "./store.ts";
import type { StoredItem } from "./store-requests.ts";
import { type Measures, measuresIn } from "./totals-additions.ts";

/** One item of the totals as it lies in the table. */
export interface TotalsItem {
  key: ItemKey;
  /** Places of what it contains. */
  slots: number[];
  measures: Measures;
}

/** Rows, and what is wrong with those that cannot be read. */
export interface AttemptsPage {
  attempts: AttemptRow[];
  adjustments: AdjustmentRow[];
  broken: string[];
}

/** Reads what the totals are compared with, in pages and in no order. Each walk reads, and pays for, the whole table. */
export interface Audit {
  totals: () => AsyncGenerator<TotalsItem[]>;
  /** Attempts without their adjustments, and those beside them. */
  attempts: () => AsyncGenerator<AttemptsPage>;
  total: (key: ItemKey) => Promise<TotalsItem | null>;
}

export function auditOn(store: Store): Audit {
  return {
    async *totals() {
      const wanted = { condition: "begins_with(pk, :t)", values: { ":t": "T#" } };
      for await (const items of store.scan(wanted)) yield items.map(totalsItem);
    },
    async *attempts() {
      const condition = "begins_with(sk, :att) OR begins_with(sk, :adj)";
      const wanted = { condition, values: { ":att": "att#", ":adj": "adj#" } };
      for await (const items of store.scan(wanted)) yield pageOf(items);
    },
    async total(key) {
      const item = await store.get(key);
      return item === null ? null : totalsItem(item);
    },
  };
}

function pageOf(items: readonly StoredItem[]): AttemptsPage {
  const page: AttemptsPage = { attempts: [], adjustments: [], broken: [] };
  for (const item of items) {
    try {
      if (item.sk.startsWith("adj#")) page.adjustments.push(readAdjustment(item));
      else page.attempts.push(readAttempt(item));
    } catch (error) {
      page.broken.push(asSwitchyardError(error).message);
    }
  }
  return page;
}

function totalsItem(item: StoredItem): TotalsItem {
  const slots = [...((item["applied"] ?? []) as Iterable<number>)];
  return { key: { pk: item.pk, sk: item.sk }, slots, measures: measuresIn(item) };
}
