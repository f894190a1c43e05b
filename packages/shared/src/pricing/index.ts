export { approximateUsd, formatUsd, parseUsd } from "./money.ts";
export type { Priced, PriceLine } from "./price.ts";
export { affordableTokens, expectedPicoUsd, priceLines, priceUsage, worstCasePicoUsd } from "./price.ts";
export type { PriceBook } from "./price-book.ts";
export { readPriceBook, readPriceBookFile } from "./price-book.ts";
export type { BookFile as PriceBookFile, Entry as PriceEntry } from "./price-file.ts";
export type { Price } from "./rates.ts";
export type { Sample } from "./welch.ts";
export { dividedRounded, meanDifference } from "./welch.ts";
