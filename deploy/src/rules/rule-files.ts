import { globSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { parse } from "yaml";
import { ROOT } from "../manifests/repository.ts";

/** Where the rules are, for the chart and for Prometheus alike. */
export const RULES_DIR = join(ROOT, "helm/switchyard/files/rules");

/** Where every alert is shown firing and silent. */
export const TESTS_DIR = import.meta.dirname;

/** The headings that alerts point to. */
export const RUNBOOKS_FILE = join(ROOT, "docs/operate/runbooks.md");

export interface Alert {
  alert: string;
  expr: string;
  for?: string;
  labels: Record<string, string>;
  annotations: Record<string, string>;
}

export interface Recording {
  record: string;
  expr: string;
}

/** A test of promtool, as far as it is about alerts. */
export interface AlertTest {
  name: string;
  input_series: { series: string; values: string }[];
  promql_expr_test?: { expr: string; eval_time: string; exp_samples: { labels: string; value: number }[] }[];
  alert_rule_test?: { alertname: string; eval_time: string; exp_alerts: unknown[] }[];
}

/** The text of a rules file or of a promtool test, by its name. */
export function filesOf(folder: string, pattern: string): Map<string, string> {
  const paths = globSync(join(folder, pattern)).sort();
  return new Map(paths.map((path) => [basename(path), readFileSync(path, "utf8")]));
}

/** Every rule of the rules files. */
export function readRules(): { alerts: Alert[]; recordings: Recording[] } {
  const texts = [...filesOf(RULES_DIR, "*.yaml").values()];
  const groups = texts.flatMap((text) => (parse(text) as { groups: { rules: object[] }[] }).groups);
  const rules = groups.flatMap((group) => group.rules);
  return {
    alerts: rules.filter((rule): rule is Alert => "alert" in rule),
    recordings: rules.filter((rule): rule is Recording => "record" in rule),
  };
}

/** Every test of the promtool tests. */
export function readTests(): AlertTest[] {
  const texts = [...filesOf(TESTS_DIR, "*.test.yaml").values()];
  return texts.flatMap((text) => (parse(text) as { tests: AlertTest[] }).tests);
}

/** The anchors that GitHub gives the headings of a Markdown text. */
export function anchorsOf(markdown: string): string[] {
  return [...markdown.matchAll(/^#{1,6} (.+)$/gm)].map(([, heading = ""]) =>
    heading
      .trim()
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\-_ ]/gu, "")
      .replaceAll(" ", "-"),
  );
}
