import { priceUsage } from "../pricing/index.ts";
import type { AdjustmentRow } from "./adjustment-row.ts";
import { adjustmentKey, totalsKey } from "./keys.ts";
import { adjustmentAttributes, readAdjustment } from "./row-codec.ts";
import type { AttemptRow } from "./rows.ts";
import type { Store } from "./store.ts";
import type { StoredPrice } from "./stored-price.ts";
import { AMOUNTS, COUNTS, type Measures, measuresOf } from "./totals-additions.ts";
import { aboutOf, SLOTS_PER_BUCKET } from "./totals-places.ts";

/** Adjustments: rows beside those of attempts, written once each. */
export interface Adjustments {
  /** Answers the row that is stored under its number: this one, or the one that was there first. */
  put: (row: AdjustmentRow) => Promise<AdjustmentRow>;
  read: (jobId: string, n: number, k: number) => Promise<AdjustmentRow | null>;
}

export function adjustmentsOn(store: Store): Adjustments {
  async function read(jobId: string, n: number, k: number): Promise<AdjustmentRow | null> {
    const item = await store.get(adjustmentKey(jobId, n, k));
    return item === null ? null : readAdjustment(item);
  }
  return {
    async put(row) {
      const { jobId, n, k } = row;
      if (await store.putIfAbsent({ ...adjustmentKey(jobId, n, k), ...adjustmentAttributes(row) }))
        return row;
      return (await read(jobId, n, k)) ?? row;
    },
    read,
  };
}

type Adjusted = Pick<AttemptRow, "costPicoUsd" | "baselinePicoUsd" | "adjustments">;

/** What an attempt cost, as far as that is known: by its last adjustment, else by its own row. */
export function costPicoUsdOf({ costPicoUsd, adjustments }: Pick<Adjusted, "costPicoUsd" | "adjustments">) {
  return adjustments?.at(-1)?.costPicoUsd ?? costPicoUsd;
}

/** What the baseline model would have cost for it. */
export function baselinePicoUsdOf({
  baselinePicoUsd,
  adjustments,
}: Pick<Adjusted, "baselinePicoUsd" | "adjustments">) {
  return adjustments?.at(-1)?.baselinePicoUsd ?? baselinePicoUsd;
}

/**
 * What a price that was not known, or was another, makes of a settled attempt; null where its cost stays what it is, or
 * the price has no rate for some of its tokens. Its change goes to the item of the totals that holds the attempt, so that
 * it counts for the hour of the call, and its place there follows from the attempt's: nobody chooses it twice.
 * @param baselinePicoUsd of an attempt whose own row has none.
 */
export function adjustmentOf(
  attempt: AttemptRow,
  price: StoredPrice,
  { atMs, baselinePicoUsd }: { atMs: number; baselinePicoUsd?: bigint | undefined },
): AdjustmentRow | null {
  const { state, usage, totalsPlace, serviceTier } = attempt;
  if (state !== "settled" || usage === undefined || totalsPlace === undefined) return null;
  const priced = priceUsage(price, usage, serviceTier);
  const before = costPicoUsdOf(attempt);
  if ("unpriced" in priced || priced.costPicoUsd === before) return null;
  const k = (attempt.adjustments?.at(-1)?.k ?? 0) + 1;
  const known = baselinePicoUsdOf(attempt);
  const baseline = known ?? baselinePicoUsd;
  const { pk, sk } = totalsKey(attempt.tenant, totalsPlace, aboutOf(attempt));
  return {
    ...{ jobId: attempt.jobId, n: attempt.n, k, atMs, price, costPicoUsd: priced.costPicoUsd },
    reason: before === undefined ? "priced" : "repriced",
    ...(baseline === undefined ? {} : { baselinePicoUsd: baseline }),
    change: differenceOf(
      measuresOf({ ...attempt, costPicoUsd: priced.costPicoUsd, baselinePicoUsd: baseline }),
      measuresOf({ ...attempt, costPicoUsd: before, baselinePicoUsd: known }),
    ),
    totals: { pk, sk, slot: totalsPlace.slot + k * SLOTS_PER_BUCKET },
  };
}

/** By name, without what does not change. */
function differenceOf(after: Measures, before: Measures): Record<string, bigint> {
  const changes = [...COUNTS, ...AMOUNTS].map(
    (name) => [name, BigInt(after[name]) - BigInt(before[name])] as const,
  );
  return Object.fromEntries(changes.filter(([, amount]) => amount !== 0n));
}
