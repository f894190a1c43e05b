import { attemptKey, tenantOfDayKey, totalsDayOf } from "./keys.ts";
import { attemptAttributes } from "./row-codec.ts";
import type { AttemptRow } from "./rows.ts";
import { openStore } from "./store.ts";
import type { StoredItem, StoreOptions } from "./store-requests.ts";
import { writesOn } from "./store-writes.ts";
import { itemOf } from "./totals.ts";
import { additionsOf } from "./totals-additions.ts";
import { totalsPlaces } from "./totals-places.ts";

/** A call that has ended, and when. Its place in the totals is for the writer to choose. */
export type EndedCall = Omit<AttemptRow, "totalsPlace" | "riskPlace"> & { endedAt: number };

/**
 * Writes many calls at once, for tables that nobody else writes them to: nothing is asked of what is there already. No part of the
 * ledger that services see: benchmarks fill their tables with it.
 */
export interface Bulk {
  /** The rows, and the totals that settling them one by one would have come to; answers how many items those are. */
  write: (calls: readonly EndedCall[]) => Promise<number>;
  close: () => void;
}

/** DynamoDB's own bound of one batch. */
const BATCH = 25;
const IN_FLIGHT = 4;

export function openBulk(options: StoreOptions): Bulk {
  const store = openStore(options);
  const { putAll } = writesOn(store.client, options);

  async function putInBatches(items: readonly StoredItem[]): Promise<void> {
    let next = 0;
    async function lane(): Promise<void> {
      while (next < items.length) {
        const batch = items.slice(next, next + BATCH);
        next += BATCH;
        await putAll(batch);
      }
    }
    await Promise.all(Array.from({ length: IN_FLIGHT }, lane));
  }

  return {
    async write(calls) {
      const rows = placed(calls);
      const totals = totalsItemsOf(rows);
      await putInBatches([...rows.map(rowItem), ...listed(totals), ...totals]);
      return totals.length;
    },
    close: store.close,
  };
}

/** Buckets of this one write, so that it fills its items by itself. */
function placed(calls: readonly EndedCall[]): AttemptRow[] {
  const nextPlace = totalsPlaces();
  return calls.map((call) => {
    if (call.state === "settled") return { ...call, totalsPlace: nextPlace(call, call.endedAt) };
    return call.state === "unknown" ? { ...call, riskPlace: nextPlace(call, call.endedAt) } : call;
  });
}

function rowItem(row: AttemptRow): StoredItem {
  return { ...attemptKey(row.jobId, row.n), ...attemptAttributes(row) };
}

function totalsItemsOf(rows: readonly AttemptRow[]): StoredItem[] {
  const additions = Map.groupBy(rows.flatMap(additionsOf), ({ key }) => `${key.pk}\n${key.sk}`);
  return [...additions.values()].map(itemOf);
}

/** Whose totals they are, by day. */
function listed(totals: readonly StoredItem[]): StoredItem[] {
  const of = totals.map(({ pk }) => totalsDayOf(pk) ?? { tenant: "", day: "" });
  const keys = of.map(({ tenant, day }): StoredItem => ({ ...tenantOfDayKey(day, tenant) }));
  return [...new Map(keys.map((key) => [`${key.pk}\n${key.sk}`, key])).values()];
}
