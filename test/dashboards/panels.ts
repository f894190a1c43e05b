import { readdirSync, readFileSync } from "node:fs";
import type { RunningPrometheus, Series } from "@switchyard/testkit";

const FOLDER = new URL("../../helm/switchyard/files/dashboards/", import.meta.url);

/** One query of a dashboard: of a panel, or of a variable. */
export interface Question {
  /** The dashboard, the panel and the series. */
  where: string;
  expression: string;
  isInstant: boolean;
}

interface Target {
  expr: string;
  legendFormat: string;
  instant: boolean;
}
interface Variable {
  name: string;
  query: string | { query: string };
}
interface Dashboard {
  panels: { title: string; targets?: Target[] }[];
  templating: { list: Variable[] };
}

/** The dashboards of the chart, by name. */
export function readDashboards(): Map<string, Dashboard> {
  const files = readdirSync(FOLDER).map((file) => {
    const dashboard = JSON.parse(readFileSync(new URL(file, FOLDER), "utf8")) as Dashboard;
    return [file.replace(".json", ""), dashboard] as const;
  });
  return new Map(files);
}

/** Every query of every panel, over all values of every variable. */
export function questionsOf(dashboards: ReadonlyMap<string, Dashboard>): Question[] {
  return [...dashboards].flatMap(([name, { panels, templating }]) =>
    panels.flatMap(({ title, targets = [] }) =>
      targets.map(({ expr, legendFormat, instant }) => ({
        where: `${name} / ${title} / ${legendFormat}`,
        expression: templating.list.reduce(
          (text, variable) => text.replaceAll(`$${variable.name}`, ".*"),
          expr,
        ),
        isInstant: instant,
      })),
    ),
  );
}

/** Metric and label of each variable that asks Prometheus for its values. */
export function variablesOf(dashboards: ReadonlyMap<string, Dashboard>) {
  return [...dashboards].flatMap(([name, { templating }]) =>
    templating.list.flatMap((variable) => {
      const query = typeof variable.query === "string" ? variable.query : variable.query.query;
      const [, metric, label] = /^label_values\((\w+), (\w+)\)$/.exec(query) ?? [];
      return metric && label ? [{ where: `${name} / $${variable.name}`, metric, label }] : [];
    }),
  );
}

/** What Grafana's intervals are where Prometheus scrapes each second: at least four times that, and the time looked at. */
const RATE_INTERVAL = "8s";
const STEP_MS = 1_000;

/** What Grafana would draw: the numbers of all points. Not a number is nothing to draw. */
export async function draw(
  prometheus: RunningPrometheus,
  question: Question,
  fromMs: number,
): Promise<number[]> {
  const rangeSeconds = Math.ceil((Date.now() - fromMs) / 1_000);
  const expression = question.expression
    .replaceAll("$__rate_interval", RATE_INTERVAL)
    .replaceAll("$__range", `${rangeSeconds}s`);
  const series: Series[] = question.isInstant
    ? await prometheus.query(expression)
    : await prometheus.queryRange(expression, { fromMs, stepMs: STEP_MS });
  return series
    .flatMap(({ points }) => points.map(([, value]) => value))
    .filter((value) => !Number.isNaN(value));
}
