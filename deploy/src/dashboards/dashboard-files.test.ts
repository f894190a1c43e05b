import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { literalComplaints } from "../typing/literal-complaints.ts";
import { dashboardFiles } from "./dashboard-files.ts";

const files = dashboardFiles();
const [first] = files;

test.each(files)(
  "the chart's file of dashboard $name is what `npm run dashboards` writes",
  ({ url, text }) => {
    expect(readFileSync(url, "utf8")).toBe(text);
  },
);

test("the chart has a file for each dashboard, and no other", () => {
  const folder = new URL(".", first?.url);
  expect(readdirSync(folder).sort()).toEqual(files.map(({ name }) => `${name}.json`).sort());
});

/** What Grafana's own types say of texts of files. */
function complaints(texts: readonly string[]): string[] {
  const type = 'import("./build-dashboard.ts").InJson<import("@grafana/schema").Dashboard>';
  const literals = texts.map((text) => ({ value: JSON.parse(text) as unknown, type }));
  return literalComplaints(new URL("shown.ts", import.meta.url), literals).map((said) => said.join("\n"));
}

test("every file is a dashboard by Grafana's own types, field by field, and faults in it would be seen", () => {
  const changed = (from: RegExp | string, to: string) => first?.text.replace(from, to) ?? "";
  const faulty = [
    changed('"unit"', '"unitt"'),
    changed(/,\s+"overrides": \[\]/, ""),
    changed('"id": 2', '"id": "2"'),
    changed('"palette-classic-by-name"', '"palette-classical"'),
  ];
  const said = complaints([...files.map(({ text }) => text), ...faulty]);
  expect(said.slice(0, files.length)).toEqual(files.map(() => ""));
  expect(said.slice(files.length)).toEqual([
    expect.stringContaining('"unitt"'),
    expect.stringContaining("overrides"),
    expect.stringContaining("not assignable"),
    expect.stringContaining("not assignable"),
  ]);
});
