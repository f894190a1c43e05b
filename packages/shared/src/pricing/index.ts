export { formatUsd, PICO_PER_USD, parseUsd } from "./money.ts";
export type { Price, Priced } from "./price.ts";
export { priceUsage, worstCasePicoUsd } from "./price.ts";
export type { PriceBook } from "./price-book.ts";
export { readPriceBook } from "./price-book.ts";
