export { outcomeModelsOf } from "./outcome/read-outcome-model.ts";
export type { Route, RouteRequest } from "./route.ts";
export { routeJob } from "./route.ts";
export type { RunningClassifier } from "./start.ts";
export { startClassifier } from "./start.ts";
