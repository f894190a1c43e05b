import { readCatalogue } from "@switchyard/shared/service";
import type { ExplainOptions } from "../src/routes/explain.ts";
import type { JobRouteOptions } from "../src/routes/jobs.ts";
import { routeTable } from "../src/routes/table.ts";

/** The table of routes itself; what its handlers need is not needed to read it. */
export const ROUTES = routeTable({
  ...readCatalogue({ catalogueFile: null, pricesFile: null }, { SIMULATOR_URL: "http://127.0.0.1:9" }),
} as unknown as JobRouteOptions & ExplainOptions);

export const nameOf = (route: { method: string; path: string }) =>
  `${route.method.toUpperCase()} ${route.path}`;
