import type { Dashboard, Panel, RowPanel } from "@grafana/schema";
import type { KnownSeries } from "../promql/known-metrics.ts";
import { readQuery, type Selector } from "../promql/read-query.ts";
import type { InJson } from "./build-dashboard.ts";
import { UNITS } from "./spec.ts";

type Shown = InJson<Dashboard>;
type AnyPanel = InJson<Panel> | InJson<RowPanel>;
type Known = ReadonlyMap<string, KnownSeries>;

/** What of Grafana's variables stands in queries, and anything of the same kind to read them with. */
const BUILT_IN = { $__rate_interval: "5m", $__range: "1h", $__interval: "1m" } as const;
const GROWTH = ["rate", "increase", "irate"];
/** Who emitted a metric. A panel that asks for somebody in particular is empty for everyone else. */
const EMITTERS = ["job", "instance", "pod", "namespace", "container", "cluster", "service"];

/** The query with something in the place of each of Grafana's own variables; the longest come first. */
function withoutVariables(query: string): string {
  const names = Object.keys(BUILT_IN) as (keyof typeof BUILT_IN)[];
  return names.reduce((text, name) => text.replaceAll(name, BUILT_IN[name]), query);
}

/** What is wrong with a dashboard, each with where it is. The rules are those of grafana/dashboard-linter and ours. */
export function lint(dashboard: Shown, known: Known): string[] {
  const panels = (dashboard.panels ?? []).filter(isShown);
  return [
    ...lintFrame(dashboard),
    ...lintVariables(dashboard, known),
    ...lintLayout(dashboard.panels ?? []),
    ...panels.flatMap((panel) => lintPanel(panel, known).map((what) => `${panel.title}: ${what}`)),
  ];
}

function isShown(panel: AnyPanel): panel is InJson<Panel> {
  return panel.type !== "row";
}

/** Nothing when the fact holds. */
const must = (fact: boolean | undefined, otherwise: string) => (fact === true ? [] : [otherwise]);

function lintFrame({ uid = "", title, description, editable, panels = [] }: Shown): string[] {
  return [
    ...must(/^switchyard-[a-z]+$/.test(uid), "the uid is not switchyard-<word>"),
    ...must(!!title && !!description, "it lacks a title or a description"),
    ...must(editable === false, "it can be edited"),
    ...must(panels.some(isShown), "it has no panels"),
  ];
}

function lintVariables({ templating, panels }: Shown, known: Known): string[] {
  const [datasource, ...others] = templating?.list ?? [];
  const isSource = datasource?.name === "datasource" && datasource.type === "datasource";
  const asked = JSON.stringify(panels);
  return [
    ...must(
      isSource && datasource.query === "prometheus",
      "the first variable does not choose the data source",
    ),
    ...others.flatMap(({ name, datasource: source, query, allValue, includeAll }) => {
      const [, metric = "", label] = /^label_values\((\w+), (\w+)\)$/.exec(queryText(query)) ?? [];
      return [
        ...must(source?.uid === `\${datasource}`, "it does not ask the chosen data source"),
        ...must(known.get(metric)?.labels.has(name) && label === name, `${metric} has no such label`),
        ...must(includeAll && allValue === ".*", "it cannot stand for all"),
        ...must(asked.includes(`=~\\"$${name}\\"`), "no query is narrowed by it"),
      ].map((what) => `variable ${name}: ${what}`);
    }),
  ];
}

/** Grafana has the query of a variable as a text or as an object that holds it. */
function queryText(query: unknown): string {
  return typeof query === "string" ? query : String((query as { query?: unknown } | undefined)?.query);
}

function lintLayout(panels: readonly AnyPanel[]): string[] {
  const taken = new Map<string, unknown>();
  const problems = must(new Set(panels.map(({ id }) => id)).size === panels.length, "two panels have one id");
  for (const { title, gridPos } of panels) {
    const { x, y, w, h } = gridPos ?? { x: 0, y: 0, w: 0, h: 0 };
    problems.push(...must(w > 0 && h > 0 && x + w <= 24, `${title}: it is not within the page`));
    const cells = Array.from({ length: w * h }, (_, n) => `${x + (n % w)} ${y + Math.floor(n / w)}`);
    const other = cells.map((cell) => taken.get(cell)).find((found) => found !== undefined);
    problems.push(...must(other === undefined, `${title}: it lies on ${other}`));
    for (const cell of cells) taken.set(cell, title);
  }
  return problems;
}

function lintPanel(panel: InJson<Panel>, known: Known): string[] {
  const { title, description, datasource, fieldConfig, targets = [] } = panel;
  const unit = fieldConfig?.defaults.unit;
  return [
    ...must(!!title && !!description, "it lacks a title or a description"),
    ...must(
      UNITS.some((known) => known === unit),
      `${unit} is no unit`,
    ),
    ...must(datasource?.uid === `\${datasource}`, "it does not ask the chosen data source"),
    ...must(targets.length > 0, "it asks nothing"),
    ...must(new Set(targets.map(({ refId }) => refId)).size === targets.length, "two queries have one refId"),
    ...targets.flatMap((target) => lintTarget(target, known)),
  ];
}

function lintTarget(target: Readonly<Record<string, unknown>>, known: Known): string[] {
  const { expr, legendFormat, datasource, instant } = target;
  const { errors, selectors, grouped } = readQuery(withoutVariables(String(expr)));
  const named = [...String(legendFormat ?? "").matchAll(/\{\{(\w+)\}\}/g)].map(([, label = ""]) => label);
  const labels = new Set(selectors.flatMap(({ metric }) => [...(known.get(metric)?.labels ?? [])]));
  return [
    ...must((datasource as { uid?: string } | undefined)?.uid === `\${datasource}`, "a query asks elsewhere"),
    ...must(!!legendFormat, "a series has no name"),
    ...errors.map((at) => `it is no PromQL at ${at}`),
    ...named.filter((label) => !grouped.includes(label)).map((label) => `series are not grouped by ${label}`),
    ...grouped.filter((label) => !labels.has(label)).map((label) => `no metric has a label ${label}`),
    ...lintRanges(String(expr), instant === true),
    ...selectors.flatMap((selector) => lintSelector(selector, known)),
  ];
}

/** A rate over a fixed range is wrong at every zoom but one. */
function lintRanges(query: string, isInstant: boolean): string[] {
  const ranges = [...query.matchAll(/\[(.*?):?\]/g)].map(([, range]) => range);
  const right = isInstant ? "$__range" : "$__rate_interval";
  return ranges.filter((range) => range !== right).map((range) => `[${range}] should be [${right}]`);
}

function lintSelector({ metric, matched, within, range }: Selector, known: Known): string[] {
  const series = known.get(metric);
  if (series === undefined) return [`there is no metric ${metric}`];
  const grows = GROWTH.includes(within[0] ?? "");
  return [
    ...must(!series.isCounter || grows, `${metric} is a counter, and only its growth says something`),
    ...must(series.isCounter || !grows, `${metric} is no counter, and has no rate`),
    ...must(!grows || range !== null, `${within[0]} of ${metric} lacks a range`),
    ...matched.filter((label) => !series.labels.has(label)).map((label) => `${metric} has no label ${label}`),
    ...matched
      .filter((label) => EMITTERS.includes(label))
      .map((label) => `it asks for one ${label} in particular`),
  ];
}
