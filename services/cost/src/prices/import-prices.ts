import { type PriceBookFile, readPriceBookFile } from "@switchyard/shared/pricing";
import { compareDecimals } from "./decimal.ts";
import { entryOf, type NewEntry } from "./map-entry.ts";
import { cutShortDoubts, type ImportSource, mergeBook } from "./merge-book.ts";
import { type MapFields, readPriceMap } from "./price-map.ts";

export interface ImportRequest {
  /** The text of a `model_prices_and_context_window.json`. */
  map: string;
  /** The text of the price book. */
  book: string;
  bookName: string;
  source: ImportSource;
  /** Groups of the price book such as `openai`; null: all there are. */
  only: readonly string[] | null;
}

export interface Import {
  /** What is new, what changes, what stays and what is left out. */
  report: string[];
  /** The new text of the price book; null: nothing changes. */
  text: string | null;
}

/**
 * The price book with the prices of a map of models.
 * @throws RangeError with every doubt there is, about the map, one of its prices, or what would become of the book.
 */
export function importPrices({ map, book, bookName, source, only }: ImportRequest): Import {
  const old = readPriceBookFile(book, bookName);
  const read = readEntries(readPriceMap(map), only);
  const merged = mergeBook(old, read.entries, source);
  const doubts = [...read.doubts, ...unitDoubts(read.entries), ...merged.doubts];
  if (only === null) doubts.push(...cutShortDoubts(merged, listPrices(old)));
  if (read.entries.length === 0 && doubts.length === 0)
    doubts.push("it has no price of a model that answers with text");
  if (doubts.length > 0) throw new RangeError(`nothing is imported:\n${doubts.join("\n")}`);
  const text = merged.changes.length === 0 ? null : bookText(merged.book);
  // Whoever starts with it would read it so; what they would refuse is not written.
  if (text !== null) readPriceBookFile(text, bookName);
  return { report: [...merged.changes, ...remarks(merged, read.leftOut, only === null)], text };
}

function remarks(
  merged: ReturnType<typeof mergeBook>,
  leftOut: readonly string[],
  isWhole: boolean,
): string[] {
  const { unchanged, kept, gone } = merged;
  const counts = [...Map.groupBy(leftOut, (reason) => reason)].map(
    ([reason, { length }]) => `${length} ${reason}`,
  );
  return [
    ...(unchanged > 0 ? [`= ${unchanged} prices are as they were`] : []),
    ...kept.map((id) => `! ${id} keeps its price, which is no list price`),
    ...(isWhole ? gone.map((id) => `- ${id} is not in the map any more; its price stays`) : []),
    ...(counts.length > 0 ? [`left out: ${counts.join(", ")}`] : []),
  ];
}

interface ReadEntries {
  entries: NewEntry[];
  leftOut: string[];
  doubts: string[];
}

function readEntries(map: ReadonlyMap<string, MapFields>, only: readonly string[] | null): ReadEntries {
  const found = new Map<string, NewEntry>();
  const read: ReadEntries = { entries: [], leftOut: [], doubts: [] };
  for (const [key, fields] of map) {
    const one = entryOf(key, fields);
    if ("leftOut" in one) read.leftOut.push(one.leftOut);
    else if (only !== null && !only.includes(groupOf(one, fields))) read.leftOut.push("of another provider");
    else if ("doubts" in one) read.doubts.push(...one.doubts);
    else {
      const { id } = one.entry;
      const other = found.get(id);
      if (other !== undefined && JSON.stringify(other) !== JSON.stringify(one.entry))
        read.doubts.push(`${key}: another entry gives ${id} another price`);
      found.set(id, one.entry);
    }
  }
  return { ...read, entries: [...found.values()] };
}

function groupOf(one: { entry: NewEntry } | { doubts: string[] }, fields: MapFields): string {
  return "entry" in one ? (one.entry.id.split("/")[0] ?? "") : String(fields["litellm_provider"]);
}

/** What half of all models cost at most lies between these, in USD per million tokens of prompt. */
const MEDIAN_USD_PER_MILLION = { least: "0.01", most: "20" };
/** Of fewer models the middle one says little. */
const MIN_MEDIAN = 10;

/** Cents, thousandths or whole millions in place of dollars for one token: then all prices are off alike. */
function unitDoubts(entries: readonly NewEntry[]): string[] {
  const priced = entries.map(({ input }) => input).filter((input) => compareDecimals(input, "0") > 0);
  if (priced.length < MIN_MEDIAN) return [];
  const median = priced.sort(compareDecimals)[Math.floor(priced.length / 2)] ?? "0";
  const { least, most } = MEDIAN_USD_PER_MILLION;
  if (compareDecimals(median, least) >= 0 && compareDecimals(median, most) <= 0) return [];
  return [`half of its models cost ${median} USD or more per million tokens: it may be in another unit`];
}

function listPrices({ prices, sources }: PriceBookFile): number {
  const ids = prices.filter(({ source }) => sources[source]?.list === true).map(({ id }) => id);
  return new Set(ids).size;
}

/** As the formatter of this repository would have it: short lists on one line. */
function bookText(book: PriceBookFile): string {
  const text = JSON.stringify(book, null, 2);
  const short = text.replace(/\[\s+("[^"]*"(?:,\s+"[^"]*")*)\s+\]/g, (list, items: string) => {
    const line = `[${items.replace(/,\s+/g, ", ")}]`;
    return line.length <= MAX_LIST_LENGTH ? line : list;
  });
  return `${short}\n`;
}

const MAX_LIST_LENGTH = 80;
