import type { Dashboard } from "@grafana/schema";
import { buildDashboard, type InJson } from "./build-dashboard.ts";
import { COST } from "./cost.ts";
import { PIPELINE } from "./pipeline.ts";
import { PROVIDERS } from "./providers.ts";
import type { DashboardSpec } from "./spec.ts";

/** The chart ships them, and compose shows the same ones. */
const FOLDER = new URL("../../../helm/switchyard/files/dashboards/", import.meta.url);

export interface DashboardFile {
  name: string;
  url: URL;
  spec: DashboardSpec;
  dashboard: InJson<Dashboard>;
  /** What the file must say. */
  text: string;
}

/** Every dashboard, and the file that it is written to. */
export function dashboardFiles(): DashboardFile[] {
  return Object.entries({ cost: COST, pipeline: PIPELINE, providers: PROVIDERS }).map(([name, spec]) => {
    const dashboard = buildDashboard(spec);
    const text = `${JSON.stringify(dashboard, null, 2)}\n`;
    return { name, url: new URL(`${name}.json`, FOLDER), spec, dashboard, text };
  });
}
