export type { RunningClassifier } from "./start.ts";
export { startClassifier } from "./start.ts";
