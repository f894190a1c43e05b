export type { RunningInvoker } from "./start.ts";
export { startInvoker } from "./start.ts";
