import { parsePricePerMillion } from "./money.ts";
import { expectedPicoUsd } from "./price.ts";
import type { PriceBook, Wanted } from "./price-book.ts";
import type { Price } from "./rates.ts";

/** In USD per million tokens, decimal. */
interface Cap {
  input: string;
  output: string;
}

/** The book for whoever may call models without a price: where it has none it answers the cap, which is no price. */
export function cappedBook(book: PriceBook, cap: Cap): PriceBook {
  const rates = {
    inputPicoUsd: parsePricePerMillion(cap.input),
    outputPicoUsd: parsePricePerMillion(cap.output),
  };
  const capOf = ({ priceId, serviceTier }: Wanted): Price => ({
    ...{ id: priceId, bookVersion: book.version, ...rates, isCap: true },
    ...(serviceTier === undefined ? {} : { serviceTier }),
  });
  return { ...book, capOf, find: (wanted, atMs) => book.find(wanted, atMs) ?? capOf(wanted) };
}

/**
 * What a call is made at: the price, or where it has no rates for so long a prompt, or for the tier that is asked for, what
 * stands in for it. Null where nothing does: then the call is not made.
 */
export function callPrice(
  prices: PriceBook,
  wanted: Wanted,
  { atMs, inputTokens }: { atMs: number; inputTokens: number },
): Price | null {
  const price = prices.find(wanted, atMs);
  if (price !== null && expectedPicoUsd(price, inputTokens, 1) !== null) return price;
  return prices.capOf?.(wanted) ?? null;
}
