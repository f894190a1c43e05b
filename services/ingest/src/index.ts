export { manageKeys } from "./manage-keys.ts";
export type { RunningIngest } from "./start.ts";
export { startIngest } from "./start.ts";
