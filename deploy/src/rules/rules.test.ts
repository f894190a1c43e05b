import { readFileSync } from "node:fs";
import { createMetrics } from "@switchyard/shared/telemetry";
import { expect, test } from "vitest";
import { knownSeries } from "../promql/known-metrics.ts";
import { readQuery } from "../promql/read-query.ts";
import { anchorsOf, RUNBOOKS_FILE, readRules, readTests } from "./rule-files.ts";

const { alerts, recordings } = readRules();
const rules = [
  ...alerts.map(({ alert, expr }) => ({ name: alert, expr })),
  ...recordings.map(({ record, expr }) => ({ name: record, expr })),
];
const tests = readTests();
const runbooks = readFileSync(RUNBOOKS_FILE, "utf8");

/** Metrics that others export, with the labels that are asked for. */
const FOREIGN: Record<string, readonly string[]> = {
  kube_horizontalpodautoscaler_status_current_replicas: ["namespace", "horizontalpodautoscaler"],
  kube_horizontalpodautoscaler_spec_max_replicas: ["namespace", "horizontalpodautoscaler"],
  kube_horizontalpodautoscaler_status_condition: [
    "namespace",
    "horizontalpodautoscaler",
    "condition",
    "status",
  ],
  keda_scaler_detail_errors_total: ["namespace", "scaledObject"],
  keda_scaled_object_errors_total: ["namespace", "scaledObject"],
};

test.each(alerts)("$alert says how urgent it is, what happens, and where to read on", (alert) => {
  expect(alert.alert).toMatch(/^Switchyard[A-Z][A-Za-z]+$/);
  expect(["page", "ticket"]).toContain(alert.labels["severity"]);
  expect(Object.keys(alert.annotations)).toEqual(["summary", "description", "runbook_url"]);
  expect(alert.annotations["summary"]).toMatch(/\.$/);
  expect(alert.annotations["description"]).toMatch(/\.$/);
  const [file, anchor] = alert.annotations["runbook_url"]?.split("#") ?? [];
  expect(file).toBe("docs/operate/runbooks.md");
  expect(anchorsOf(runbooks)).toContain(anchor);
  expect(runbooks).toContain(`\n### ${alert.alert}\n`);
});

test("the runbooks have headings for alerts that exist, each once, with the same five questions", () => {
  const sections = runbooks.split(/^### (?=Switchyard)/m).slice(1);
  expect(sections.map((section) => section.split("\n")[0]).sort()).toEqual(
    alerts.map(({ alert }) => alert).sort(),
  );
  for (const section of sections)
    for (const question of ["Means", "Impact", "Look", "Do", "Ends"])
      expect(section).toContain(`\n- **${question}:** `);
});

test.each(rules)("$name asks for metrics and labels that exist", async ({ expr }) => {
  const { errors, selectors, grouped } = readQuery(expr);
  expect(errors).toEqual([]);
  const known = await knownSeries();
  const recorded = new Map(recordings.map(({ record, expr: of }) => [record, readQuery(of).grouped]));
  const labels = new Set(["service"]);
  for (const { metric, matched } of selectors) {
    const has = known.get(metric)?.labels ?? recorded.get(metric) ?? FOREIGN[metric];
    expect(has, metric).toBeDefined();
    for (const label of has ?? []) labels.add(label);
    expect([...(has ?? [])], metric).toEqual(expect.arrayContaining(matched));
  }
  expect([...labels]).toEqual(expect.arrayContaining(grouped));
});

test.each(rules)("$name takes counters only for how they grow", async ({ expr }) => {
  const known = await knownSeries();
  const grows = (within: string[]) => within.some((name) => ["rate", "increase"].includes(name));
  const bare = readQuery(expr).selectors.filter(
    ({ metric, within }) => known.get(metric)?.isCounter && !grows(within),
  );
  // Whether something was counted at all is all that is asked of these.
  const asked = ["switchyard_cost_usd_total", "switchyard_budget_alerts_total"];
  expect(bare.map(({ metric }) => metric).filter((metric) => !asked.includes(metric))).toEqual([]);
});

test.each(alerts)("$alert names in its text only labels that it has", ({ expr, annotations }) => {
  const { grouped, selectors } = readQuery(expr);
  const matched = selectors.flatMap((selector) => selector.matched);
  const inherited = selectors
    .flatMap(({ metric }) => recordings.filter(({ record }) => record === metric))
    .flatMap((recording) => readQuery(recording.expr).grouped);
  const named = [
    ...Object.values(annotations)
      .join(" ")
      .matchAll(/\$labels\.(\w+)/g),
  ].map(([, label]) => label);
  expect([...grouped, ...inherited, ...matched]).toEqual(expect.arrayContaining(named));
});

test.each(alerts)("$alert is shown firing, and silent where there is something to see", ({ alert, expr }) => {
  const metrics = readQuery(expr).selectors.map(({ metric }) => metric);
  const sources = metrics.flatMap((metric) => {
    const recording = recordings.find(({ record }) => record === metric);
    return recording === undefined ? metric : readQuery(recording.expr).selectors.map((from) => from.metric);
  });
  const asks = `ALERTS{alertname="${alert}",alertstate="firing"}`;
  const isFiring = tests.some(({ promql_expr_test: asked = [] }) =>
    asked.some((one) => one.expr === asks && one.exp_samples.some(({ value }) => value === 1)),
  );
  const isSilent = tests.some(
    ({ alert_rule_test: asked = [], input_series: input }) =>
      asked.some((one) => one.alertname === alert && one.exp_alerts.length === 0) &&
      input.some(({ series }) => sources.includes(series.split("{")[0] ?? "")),
  );
  expect({ isFiring, isSilent }).toEqual({ isFiring: true, isSilent: true });
});

test("the bound of a late job is a bound of the histogram", async () => {
  const { jobSeconds } = createMetrics("any");
  jobSeconds.observe({ class: "SIMPLE" }, 1);
  const bounds = (await jobSeconds.get()).values.map(({ labels }) => String(labels["le" as never]));
  expect(bounds).toContain("300");
});
