import { z } from "zod";
import { StoredEstimate } from "./rows.ts";
import { StoredPrice } from "./stored-price.ts";

/* Prices as they lie inside a row: what every price has as a tuple, what few have beside it. */

/** A rate inside JSON, whose numbers are not exact. */
const rate = z.codec(z.string().regex(/^\d+$/), z.bigint(), {
  decode: (digits) => BigInt(digits),
  encode: (pico) => pico.toString(),
});

/** Input, output, cached input, cache write, cache write for an hour, reasoning. */
const RATE_LETTERS = {
  i: "inputPicoUsd",
  o: "outputPicoUsd",
  c: "cachedInputPicoUsd",
  w: "cacheWritePicoUsd",
  h: "cacheWrite1hPicoUsd",
  r: "reasoningPicoUsd",
} as const;
type RateLetter = keyof typeof RATE_LETTERS;
type Rates = { [Name in (typeof RATE_LETTERS)[RateLetter]]?: bigint | undefined };

const RateLetters = z.partialRecord(z.enum(["i", "o", "c", "w", "h", "r"]), rate);
type RateLetters = z.output<typeof RateLetters>;

/** The name of a service tier, its context where it has one (">200000"), and its rates. */
const TierTuple = z.tuple([
  z.string(),
  z
    .string()
    .regex(/^>=?\d+$/)
    .nullable(),
  RateLetters,
]);
const Extras = z.object({
  h: rate.optional(),
  r: rate.optional(),
  /** For each call. */
  req: rate.optional(),
  t: z.array(TierTuple).optional(),
  /** The service tier that is asked for. */
  ask: z.string().optional(),
  /** It is a bound, and no price. */
  cap: z.literal(true).optional(),
});
type Extras = z.output<typeof Extras>;

/** Id, version of the book, and the rates: input, output, cached input, cache write; rows of any release begin so. */
const PriceTuple = z.tuple([
  z.string(),
  z.string(),
  rate,
  rate,
  rate.nullable(),
  rate.nullable(),
  Extras.optional(),
]);

export const price = z.codec(PriceTuple, StoredPrice, {
  decode: ([id, bookVersion, inputPicoUsd, outputPicoUsd, cached, write, extras]) => ({
    id,
    bookVersion,
    inputPicoUsd,
    outputPicoUsd,
    ...(cached === null ? {} : { cachedInputPicoUsd: cached }),
    ...(write === null ? {} : { cacheWritePicoUsd: write }),
    ...(extras === undefined ? {} : saidIn(extras)),
  }),
  encode(row): z.output<typeof PriceTuple> {
    const extras = extrasOf(row);
    return [
      row.id,
      row.bookVersion,
      row.inputPicoUsd,
      row.outputPicoUsd,
      row.cachedInputPicoUsd ?? null,
      row.cacheWritePicoUsd ?? null,
      ...(Object.keys(extras).length === 0 ? ([] as const) : ([extras] as const)),
    ];
  },
});

/** Its cost is a string: it lies in JSON. */
export const estimate = StoredEstimate.extend({ costPicoUsd: rate.optional() });

function extrasOf(row: StoredPrice): Extras {
  const {
    cacheWrite1hPicoUsd: h,
    reasoningPicoUsd: r,
    requestPicoUsd: req,
    tiers,
    serviceTier: ask,
    isCap: cap,
  } = row;
  const t = tiers?.map((tier): z.output<typeof TierTuple> => {
    const { serviceTier, context } = tier;
    return [
      serviceTier,
      context === undefined ? null : `${context.comparator}${context.tokens}`,
      lettersOf(tier),
    ];
  });
  return defined({ h, r, req, t, ask, cap });
}

function saidIn({ h, r, req, t, ask, cap }: Extras): Partial<StoredPrice> {
  return defined({
    cacheWrite1hPicoUsd: h,
    reasoningPicoUsd: r,
    requestPicoUsd: req,
    tiers: t?.map(([serviceTier, context, letters]) => ({
      serviceTier,
      ...(context === null ? {} : { context: contextIn(context) }),
      ...ratesIn(letters),
    })),
    serviceTier: ask,
    isCap: cap,
  });
}

function contextIn(text: string) {
  const comparator = text.startsWith(">=") ? (">=" as const) : (">" as const);
  return { comparator, tokens: Number(text.slice(comparator.length)) };
}

function lettersOf(rates: Rates): RateLetters {
  const letters = Object.entries(RATE_LETTERS).map(([letter, name]) => [letter, rates[name]]);
  return defined(Object.fromEntries(letters) as RateLetters);
}

function ratesIn(letters: RateLetters): Rates {
  const stated = Object.entries(letters).map(([letter, pico]) => [RATE_LETTERS[letter as RateLetter], pico]);
  return Object.fromEntries(stated) as Rates;
}

function defined<Fields extends object>(fields: Fields): Fields {
  const kept = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(kept) as Fields;
}
