import type { PriceBookFile, PriceEntry } from "@switchyard/shared/pricing";
import { compareDecimals, shifted } from "./decimal.ts";
import type { NewEntry } from "./map-entry.ts";

/** Where prices come from that are imported, and from when on they hold. */
export interface ImportSource {
  key: string;
  title: string;
  sha256: string;
  /** A day. */
  from: string;
}

export interface MergedBook {
  book: PriceBookFile;
  /** What changes, a line for each. */
  changes: string[];
  unchanged: number;
  /** Ids whose price has another source, which no import changes. */
  kept: string[];
  /** Ids of list prices that are no longer in the map; they stay. */
  gone: string[];
  doubts: string[];
}

/** A price that moved by such a factor is more likely in another unit. */
const MOST_FACTOR_POWER = 1;
/** So large a share of the list prices is not withdrawn at once: the map may be cut short. */
const MOST_GONE_SHARE = 0.2;
const FEW = 5;

/** The book with the prices of a map: new ones added, changed ones from a day on, all others as they are. */
export function mergeBook(
  book: PriceBookFile,
  entries: readonly NewEntry[],
  source: ImportSource,
): MergedBook {
  const merged: MergedBook = {
    ...{ book, changes: [], unchanged: 0, kept: [], gone: [], doubts: [] },
  };
  const prices = [...book.prices];
  const isList = ({ source: name }: PriceEntry) => book.sources[name]?.list === true;
  for (const entry of entries) {
    const at = prices.findLastIndex(({ id }) => id === entry.id);
    const old = prices[at];
    if (old === undefined) {
      const alias = prices.find(({ aliases }) => aliases?.includes(entry.id))?.id;
      const instead = alias === undefined ? "" : ` (until now that of ${alias})`;
      for (const [place, price] of prices.entries()) prices[place] = withoutAlias(price, entry.id);
      prices.push({ ...entry, source: source.key });
      merged.changes.push(`+ ${entry.id}${instead}: ${describe(entry)}`);
    } else if (isSame(old, entry)) merged.unchanged += 1;
    else if (!isList(old)) merged.kept.push(entry.id);
    else {
      merged.doubts.push(...changeDoubts(old, entry, source.from));
      const { aliases, profiles } = old;
      const names = { ...(aliases && { aliases }), ...(profiles && { profiles }) };
      prices[at] = { ...old, to: source.from };
      prices.splice(at + 1, 0, { ...entry, ...names, from: source.from, source: source.key });
      merged.changes.push(`~ ${entry.id} from ${source.from}: ${describe(old)} → ${describe(entry)}`);
    }
  }
  const known = new Set(entries.map(({ id }) => id));
  const listed = [...new Set(book.prices.filter(isList).map(({ id }) => id))];
  merged.gone = listed.filter((id) => !known.has(id));
  if (merged.changes.length > 0) merged.book = withPrices(book, prices, source);
  return merged;
}

/** Told apart from `mergeBook`, because a map of a few models may be meant to be one. */
export function cutShortDoubts({ gone }: MergedBook, listed: number): string[] {
  if (gone.length <= Math.max(FEW, listed * MOST_GONE_SHARE)) return [];
  return [`${gone.length} of ${listed} list prices are not in it: it may be cut short`];
}

/** A name that gets a price of its own is no other's any more. */
function withoutAlias({ aliases, ...price }: PriceEntry, id: string): PriceEntry {
  const others = aliases?.filter((alias) => alias !== id) ?? [];
  return others.length === 0 ? price : { ...price, aliases: others };
}

function withPrices(book: PriceBookFile, prices: PriceEntry[], source: ImportSource): PriceBookFile {
  const { key, title, sha256, from: date } = source;
  return {
    ...book,
    version: nextVersion(book.version, date),
    date,
    sources: { ...book.sources, [key]: { title, date, sha256, list: true } },
    prices,
  };
}

/** `2026-08-01.1`, and `.2` for the next of the same day. */
function nextVersion(version: string, day: string): string {
  const [, number] = new RegExp(`^${day}\\.(\\d{1,6})$`).exec(version) ?? [];
  return `${day}.${number === undefined ? 1 : Number(number) + 1}`;
}

const RATES = ["input", "cached_input", "cache_write", "cache_write_1h", "output", "reasoning"] as const;

function isSame(old: PriceEntry, entry: NewEntry): boolean {
  return old.to === undefined && ratesText(old) === ratesText(entry);
}

/** All that a price is made of, in one order and one spelling. */
function ratesText({ tiers = [], per_request, ...entry }: NewEntry): string {
  const parts = tiers.map(({ service_tier, context, ...rates }) =>
    [service_tier, context?.comparator, context?.tokens, canonical(rates)].join(" "),
  );
  return [canonical(entry), per_request, ...parts.sort()].join("; ");
}

function canonical(rates: Partial<Record<(typeof RATES)[number], string | undefined>>): string {
  return RATES.map((name) => `${name} ${shifted(rates[name] ?? "", 0) ?? "-"}`).join(", ");
}

function describe(entry: NewEntry): string {
  const rates = RATES.flatMap((name) => (entry[name] === undefined ? [] : [`${name} ${entry[name]}`]));
  const fee = entry.per_request === undefined ? [] : [`per_request ${entry.per_request}`];
  const tiers = (entry.tiers ?? []).map(({ service_tier, context, ...tier }) => {
    const where = context === undefined ? [] : [`${context.comparator} ${context.tokens} tokens`];
    const own = RATES.flatMap((name) => (tier[name] === undefined ? [] : [`${name} ${tier[name]}`]));
    return `(${[service_tier, ...where].join(" ")}: ${own.join(", ")})`;
  });
  return [...rates, ...fee, ...tiers].join(", ");
}

function changeDoubts(old: PriceEntry, entry: NewEntry, from: string): string[] {
  const doubts: string[] = [];
  if (old.from !== undefined && Date.parse(old.from) >= Date.parse(from))
    doubts.push(`${entry.id}: its present price holds from ${old.from}, and the new one from ${from}`);
  if (old.to !== undefined) doubts.push(`${entry.id}: its price ends at ${old.to} already`);
  for (const name of RATES) {
    const [before, after] = [old[name], entry[name]];
    if (before === undefined || after === undefined) continue;
    if (isFarAbove(before, after) || isFarAbove(after, before))
      doubts.push(`${entry.id}: ${name} goes from ${before} to ${after}`);
  }
  return doubts;
}

/** Ten times as much or more; a price that was 0 or becomes it is far from any other. */
function isFarAbove(high: string, low: string): boolean {
  const tenfold = shifted(low, MOST_FACTOR_POWER) ?? "0";
  return compareDecimals(high, low) > 0 && compareDecimals(high, tenfold) >= 0;
}
