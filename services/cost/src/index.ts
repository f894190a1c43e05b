export type { RunningCost } from "./start.ts";
export { startCost } from "./start.ts";
