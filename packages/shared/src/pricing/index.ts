export { approximateUsd, formatUsd, parseUsd } from "./money.ts";
export type { Priced } from "./price.ts";
export { affordableTokens, expectedPicoUsd, priceUsage, worstCasePicoUsd } from "./price.ts";
export type { PriceBook } from "./price-book.ts";
export { readPriceBook } from "./price-book.ts";
export type { Price } from "./rates.ts";
