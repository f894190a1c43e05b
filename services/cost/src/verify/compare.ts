import { type ItemKey, type Measures, sumOf } from "@switchyard/shared/ledger";

/** A call, or an adjustment of one, by its job and its number, and the place that its row has in an item of the totals. */
export interface PlacedCall {
  jobId: string;
  n: number;
  /** Which adjustment of the call it is. */
  k?: number;
  state: string;
  slot: number;
}

/** An item of the totals beside what its rows come to. */
export interface Compared {
  key: ItemKey;
  held: Measures;
  /** Sum of the rows whose places it holds. */
  summed: Measures;
  /** Places that it holds and no row has. */
  strange: Set<number>;
  /** Rows whose places it does not hold. */
  missing: PlacedCall[];
}

export function emptyItem(key: ItemKey): Compared {
  return { key, held: sumOf([]), summed: sumOf([]), strange: new Set(), missing: [] };
}

/** What an item says that its rows do not, in words; nothing where they agree. What it lacks is a matter of its own. */
export function differencesOf({ key, held, summed, strange }: Compared): string[] {
  const names = Object.keys(summed) as (keyof Measures)[];
  const amounts = names
    .filter((name) => held[name] !== summed[name])
    .map((name) => {
      const difference = BigInt(held[name]) - BigInt(summed[name]);
      const signed = difference > 0n ? `+${difference}` : `${difference}`;
      return `${name} is ${held[name]}, its rows come to ${summed[name]} (${signed})`;
    });
  const places = [...strange].sort((a, b) => a - b).join(", ");
  const all = strange.size === 0 ? amounts : [...amounts, `holds places of no row: ${places}`];
  return all.map((text) => `${nameOf(key)}: ${text}`);
}

export function nameOf({ pk, sk }: ItemKey): string {
  return `${pk} ${sk}`;
}
