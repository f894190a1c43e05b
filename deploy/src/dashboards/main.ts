// `npm run dashboards`: writes the dashboards of the chart.
import { mkdirSync, writeFileSync } from "node:fs";
import { dashboardFiles } from "./dashboard-files.ts";

for (const { url, text } of dashboardFiles()) {
  mkdirSync(new URL(".", url), { recursive: true });
  writeFileSync(url, text);
}
