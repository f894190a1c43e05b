import { SwitchyardError } from "../errors/index.ts";
import {
  contentProblems,
  invalidBook,
  openBookText,
  type Problem,
  repeatedKeys,
  shapeProblems,
} from "./book-problems.ts";
import { parsePricePerMillion, parseUsd } from "./money.ts";
import { BookFile, type Entry, type TierEntry, validityOf } from "./price-file.ts";
import { priceNames } from "./price-id.ts";
import type { Price, PriceTier, Rates } from "./rates.ts";

/** Whose price is looked for: a model of the catalogue is one. */
export interface Wanted {
  /** An id of the book, an alias, or a name that comes to one by the rules of `priceNames`. */
  priceId: string;
  /** What its calls ask for; absent: nothing. */
  serviceTier?: string | undefined;
}

/** Every price the installation knows, from one version of the price file. */
export interface PriceBook {
  /** Stored on every ledger row beside the id of the price. */
  version: string;
  /** The price at that time, under the id that it has in the book. null: there is none; it is never taken to be 0. */
  find(wanted: Wanted, atMs: number): Price | null;
  /** It has a price at some time. */
  has(priceId: string): boolean;
  /** What stands in for a price that is not known; absent: nothing does. */
  capOf?(wanted: Wanted): Price;
}

/** A book as it was read from a file. */
export interface DatedBook extends PriceBook {
  /** As of when the book as a whole holds, by its own date. */
  asOfMs: number;
}

/**
 * The price book in a price file's text.
 * @throws SwitchyardError CONFIG_INVALID that lists every problem with file, line and column.
 */
export function readPriceBook(text: string, file: string): DatedBook {
  const { version, date, prices } = readPriceBookFile(text, file);
  const byName = new Map<string, Dated[]>();
  for (const entry of prices) {
    const dated = { ...validityOf(entry), profiles: entry.profiles ?? [], price: priceOf(entry, version) };
    for (const name of new Set([entry.id, ...(entry.aliases ?? [])]))
      byName.set(name, [...(byName.get(name) ?? []), dated]);
  }
  const known = new Map<string, Dated[]>();
  return {
    version,
    asOfMs: Date.parse(date),
    has: (priceId) => resolve(byName, priceId).length > 0,
    find({ priceId, serviceTier }, atMs) {
      // As many ids are asked for as the catalogue has models.
      const found = known.get(priceId) ?? resolve(byName, priceId);
      known.set(priceId, found);
      const price = found.find(({ fromMs, toMs }) => fromMs <= atMs && atMs < toMs)?.price;
      return price === undefined ? null : askedOf(price, serviceTier);
    },
  };
}

/**
 * The file as it was written, checked.
 * @throws SwitchyardError CONFIG_INVALID that lists every problem with file, line and column.
 */
export function readPriceBookFile(text: string, file: string): BookFile {
  const raw = parseJson(text, file);
  const source = openBookText(text, file);
  const parsed = BookFile.safeParse(raw);
  const problems: Problem[] = [
    ...repeatedKeys(source),
    ...(parsed.success ? contentProblems(parsed.data) : parsed.error.issues.flatMap(shapeProblems)),
  ];
  if (!parsed.success || problems.length > 0) throw invalidBook(problems, source);
  return parsed.data;
}

interface Dated {
  fromMs: number;
  toMs: number;
  profiles: readonly string[];
  price: Price;
}

/** Under the first of its names that the book has. One whose time is over does not make way for a looser one. */
function resolve(byName: ReadonlyMap<string, Dated[]>, priceId: string): Dated[] {
  for (const { id, profile } of priceNames(priceId)) {
    const found = byName.get(id) ?? [];
    const fitting =
      profile === undefined ? found : found.filter(({ profiles }) => profiles.includes(profile));
    if (fitting.length > 0) return fitting;
  }
  return [];
}

/** The rates of a batch are left out of any other call's price, which every row of such a call would repeat. */
function askedOf({ tiers, ...price }: Price, serviceTier: string | undefined): Price {
  const mayServe = tiers?.filter(
    (tier) => tier.serviceTier !== BATCH_TIER || tier.serviceTier === serviceTier,
  );
  return {
    ...price,
    ...(mayServe === undefined || mayServe.length === 0 ? {} : { tiers: mayServe }),
    ...(serviceTier === undefined ? {} : { serviceTier }),
  };
}

const BATCH_TIER = "batch";

function priceOf(entry: Entry, bookVersion: string): Price {
  return {
    ...ratesOf(entry),
    id: entry.id,
    bookVersion,
    inputPicoUsd: parsePricePerMillion(entry.input),
    outputPicoUsd: parsePricePerMillion(entry.output),
    ...(entry.per_request === undefined ? {} : { requestPicoUsd: parseUsd(entry.per_request) }),
    ...(entry.tiers === undefined ? {} : { tiers: entry.tiers.map(tierOf) }),
  };
}

function tierOf(entry: TierEntry): PriceTier {
  const { service_tier: serviceTier, context } = entry;
  return { serviceTier, ...(context === undefined ? {} : { context }), ...ratesOf(entry) };
}

const RATE_NAMES = {
  input: "inputPicoUsd",
  cached_input: "cachedInputPicoUsd",
  cache_write: "cacheWritePicoUsd",
  cache_write_1h: "cacheWrite1hPicoUsd",
  output: "outputPicoUsd",
  reasoning: "reasoningPicoUsd",
} as const;

function ratesOf(entry: Entry | TierEntry): Rates {
  const stated = Object.entries(RATE_NAMES).flatMap(([name, rateName]) => {
    const text = entry[name as keyof typeof RATE_NAMES];
    return text === undefined ? [] : [[rateName, parsePricePerMillion(text)]];
  });
  return Object.fromEntries(stated) as Rates;
}

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const detail = `not valid JSON: ${(error as Error).message}`;
    throw new SwitchyardError("CONFIG_INVALID", `${file}: ${detail}`, {
      cause: error,
      problems: [{ path: file, code: "invalid_json", detail }],
    });
  }
}
