export { LEDGER_USAGE, manageLedger } from "./manage-ledger.ts";
export { managePrices, PRICES_USAGE } from "./manage-prices.ts";
export type { RunningCost } from "./start.ts";
export { startCost } from "./start.ts";
