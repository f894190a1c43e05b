import { readCatalogue } from "@switchyard/shared/service";
import { routeTable } from "../src/routes/table.ts";

/** The table of routes itself; what its handlers need is not needed to read it. */
export const ROUTES = routeTable({
  ...readCatalogue({ catalogueFile: null, pricesFile: null }, { SIMULATOR_URL: "http://127.0.0.1:9" }),
} as unknown as Parameters<typeof routeTable>[0]);

export const nameOf = (route: { method: string; path: string }) =>
  `${route.method.toUpperCase()} ${route.path}`;
