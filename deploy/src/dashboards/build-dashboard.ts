import type { Dashboard, DashboardLink, Panel, RowPanel, VariableModel } from "@grafana/schema";
import type { DashboardSpec, GraphSpec, PanelSpec, RowSpec, VariableSpec } from "./spec.ts";

/** A type of Grafana's as it stands in JSON: the values of an enumeration instead of its names. */
export type InJson<T> = T extends string
  ? `${T}`
  : T extends number | boolean | null | undefined
    ? T
    : { [Key in keyof T]: InJson<T[Key]> };

/** Which of several Prometheus servers is asked: chosen on the dashboard. */
const DATASOURCE = { type: "prometheus", uid: `\${datasource}` };
const WIDTH = 24;
const NUMBER = { w: 4, h: 4 };
const GRAPH = { w: 8, h: 8 };
/** Which of the dashboard's own format this is; Grafana brings older ones up to date. */
const SCHEMA_VERSION = 41;

/** The dashboard in the format that Grafana reads from a file. */
export function buildDashboard(spec: DashboardSpec): InJson<Dashboard> {
  return {
    uid: spec.uid,
    title: spec.title,
    description: spec.description,
    tags: ["switchyard"],
    schemaVersion: SCHEMA_VERSION,
    version: 1,
    editable: false,
    graphTooltip: 1,
    time: { from: "now-6h", to: "now" },
    timezone: "browser",
    refresh: "30s",
    links: [linkToOthers()],
    annotations: { list: [] },
    templating: { list: [datasourceVariable(), ...spec.variables.map(variable)] },
    panels: layOut(spec.rows),
  };
}

function linkToOthers(): InJson<DashboardLink> {
  return {
    type: "dashboards",
    title: "Switchyard",
    ...{ tooltip: "", icon: "external link", asDropdown: true, targetBlank: false },
    ...{ tags: ["switchyard"], includeVars: true, keepTime: true },
  };
}

function datasourceVariable(): InJson<VariableModel> {
  return { name: "datasource", label: "Data source", type: "datasource", query: "prometheus", refresh: 1 };
}

function variable({ name, label, metric }: VariableSpec): InJson<VariableModel> {
  return {
    ...{ name, label, type: "query", datasource: DATASOURCE },
    query: { query: `label_values(${metric}, ${name})`, refId: "values" },
    ...{ refresh: 2, sort: 1, multi: true, includeAll: true, allValue: ".*" },
    current: { text: ["All"], value: ["$__all"] },
  };
}

type AnyPanel = InJson<Panel> | InJson<RowPanel>;

/** Panels from left to right and from top to bottom, each row below its title. */
function layOut(rows: readonly RowSpec[]): AnyPanel[] {
  const panels: AnyPanel[] = [];
  let at = { x: 0, y: 0, lineHeight: 0 };
  const endLine = () => {
    at = { x: 0, y: at.y + at.lineHeight, lineHeight: 0 };
  };
  const place = ({ w, h }: { w: number; h: number }) => {
    if (at.x + w > WIDTH) endLine();
    const gridPos = { ...{ x: at.x, y: at.y }, w, h };
    at = { ...at, x: at.x + w, lineHeight: Math.max(at.lineHeight, h) };
    return { id: panels.length + 1, gridPos };
  };
  for (const { title, numbers = [], graphs = [] } of rows) {
    endLine();
    panels.push({ ...{ type: "row", title, collapsed: false, panels: [] }, ...place({ w: WIDTH, h: 1 }) });
    endLine();
    for (const spec of numbers) panels.push({ ...numberPanel(spec), ...place(NUMBER) });
    endLine();
    for (const spec of graphs)
      panels.push({ ...graphPanel(spec), ...place(spec.isWide ? { ...GRAPH, w: WIDTH / 2 } : GRAPH) });
  }
  return panels;
}

function numberPanel(spec: PanelSpec): InJson<Panel> {
  return {
    ...common(spec, { isInstant: true, colors: "thresholds" }),
    type: "stat",
    options: { ...shownValue(), colorMode: "value", graphMode: "none", textMode: "auto" },
  };
}

function graphPanel(spec: GraphSpec): InJson<Panel> {
  const { kind = "lines", minInterval, timeFrom } = spec;
  const times = {
    ...(minInterval === undefined ? {} : { interval: minInterval }),
    ...(timeFrom === undefined ? {} : { timeFrom }),
  };
  if (kind === "bars") {
    return {
      ...common(spec, { isInstant: true, colors: "thresholds" }),
      ...times,
      type: "bargauge",
      options: { ...shownValue(), orientation: "horizontal", displayMode: "basic", valueMode: "color" },
    };
  }
  if (kind === "states") {
    const options = { showValue: "never", mergeValues: true, rowHeight: 0.8, legend: { showLegend: false } };
    return {
      ...common(spec, { isInstant: false, colors: "thresholds" }),
      ...{ ...times, type: "state-timeline", options },
    };
  }
  const panel = common(spec, { isInstant: false, colors: "palette-classic-by-name" });
  const custom = {
    ...{ drawStyle: kind === "columns" ? "bars" : "line", showPoints: "never", spanNulls: false },
    fillOpacity: { lines: 0, areas: 30, columns: 80 }[kind],
    stacking: { mode: kind === "lines" ? "none" : "normal", group: "A" },
    thresholdsStyle: { mode: panel.fieldConfig.defaults.thresholds.steps.length > 1 ? "dashed" : "off" },
  };
  return {
    ...{ ...panel, ...times, type: "timeseries" },
    fieldConfig: { ...panel.fieldConfig, defaults: { ...panel.fieldConfig.defaults, custom } },
    options: {
      tooltip: { mode: "multi", sort: "desc" },
      legend: { showLegend: true, displayMode: "list", placement: "bottom", calcs: [] },
    },
  };
}

function shownValue() {
  return { reduceOptions: { calcs: ["lastNotNull"], fields: "", values: false } };
}

interface Look {
  isInstant: boolean;
  colors: "thresholds" | "palette-classic-by-name";
}

function common({ title, description, unit, queries, ...spec }: PanelSpec, { isInstant, colors }: Look) {
  const { warnsFrom, alarmsFrom } = spec;
  const steps = [
    { color: "green", value: null },
    ...(warnsFrom === undefined ? [] : [{ color: "orange", value: warnsFrom }]),
    ...(alarmsFrom === undefined ? [] : [{ color: "red", value: alarmsFrom }]),
  ];
  return {
    ...{ title, description, datasource: DATASOURCE },
    fieldConfig: {
      defaults: {
        unit,
        color: { mode: colors },
        thresholds: { mode: "absolute", steps },
        // A ratio of nothing to nothing is not a number, and no fault.
        mappings: [{ type: "special", options: { match: "nan", result: { text: "–" } } }],
      },
      overrides: [],
    },
    targets: Object.entries(queries).map(([legendFormat, expr], index) => ({
      ...{ refId: String.fromCharCode(65 + index), datasource: DATASOURCE, expr, legendFormat },
      ...{ editorMode: "code", instant: isInstant, range: !isInstant },
    })),
  } as const satisfies Partial<InJson<Panel>>;
}
