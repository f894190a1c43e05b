import { expect, test } from "vitest";
import { knownSeries } from "../promql/known-metrics.ts";
import { dashboardFiles } from "./dashboard-files.ts";
import { lint } from "./lint.ts";

const known = await knownSeries();
const files = dashboardFiles();

test.each(files)(
  "dashboard $name is well formed and asks only for what our processes have",
  ({ dashboard }) => {
    expect(lint(dashboard, known)).toEqual([]);
  },
);

test("no two dashboards have one address", () => {
  expect(new Set(files.map(({ dashboard }) => dashboard.uid)).size).toBe(files.length);
});

/** Each is one change of the text of a file, and what must then be said. */
const MISTAKES: [file: string, from: string | RegExp, to: string, said: string][] = [
  [
    "cost",
    "switchyard_cost_usd_total",
    "switchyard_costs_usd_total",
    "there is no metric switchyard_costs_usd",
  ],
  ["cost", "by (model)", "by (modle)", "no metric has a label modle"],
  ["cost", '{kind=\\"classify\\"}', '{kin=\\"classify\\"}', "switchyard_cost_usd_total has no label kin"],
  ["cost", "{{class}}", "{{tier}}", "series are not grouped by tier"],
  ["cost", "(rate(switchyard_cost", "((switchyard_cost", "is a counter"],
  ["cost", "[$__rate_interval]))", "[$__rate_interval])", "it is no PromQL"],
  ["cost", "[$__rate_interval]", "[5m]", "[5m] should be [$__rate_interval]"],
  ["cost", "[$__range]", "[$__rate_interval]", "should be [$__range]"],
  ["cost", '"unit": "currencyUSD"', '"unit": "dollars"', "dollars is no unit"],
  ["cost", '"description": "Cost of', '"description": "", "was": "', "lacks a title or a description"],
  ["cost", '"title": "Spend"', '"title": ""', "lacks a title or a description"],
  ["cost", '"legendFormat": "spend"', '"legendFormat": ""', "a series has no name"],
  ["cost", '"targets": [', '"targets": [], "were": [', "it asks nothing"],
  ["cost", '"refId": "B"', '"refId": "A"', "two queries have one refId"],
  ["cost", '"editable": false', '"editable": true', "it can be edited"],
  ["cost", /"uid": "\${datasource}"/g, '"uid": "prometheus"', "does not ask the chosen data source"],
  ["cost", '"query": "prometheus"', '"query": "loki"', "does not choose the data source"],
  ["cost", '"uid": "switchyard-cost"', '"uid": "3f9c"', "the uid is not switchyard-<word>"],
  ["cost", '"x": 4', '"x": 3', "it lies on Spend"],
  ["providers", '=~\\"$model\\"', '=~\\"$model\\", job=\\"invoker\\"', "it asks for one job in particular"],
  ["providers", /=~\\"\$model\\"/g, '=\\"gpt\\"', "no query is narrowed by it"],
  ["providers", ", model)", ", modle)", "has no such label"],
  [
    "providers",
    "by (model) (switchyard_provider_calls",
    "by (model) (rate(switchyard_provider_calls",
    "no counter",
  ],
];

test.each(MISTAKES)("in %s, %s as %s is seen: %s", (name, from, to, said) => {
  const text = files.find((file) => file.name === name)?.text ?? "";
  const changed = text.replace(from, () => to);
  expect(changed).not.toBe(text);
  expect(lint(JSON.parse(changed), known).join("\n")).toContain(said);
});
