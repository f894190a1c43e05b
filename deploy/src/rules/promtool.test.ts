import { join } from "node:path";
import { findPrometheus } from "@switchyard/testkit";
import { expect, test } from "vitest";
import { ROOT, readText } from "../manifests/repository.ts";
import { askPromtool, testRules } from "./promtool.ts";
import { filesOf, RULES_DIR, readRules } from "./rule-files.ts";

const tools = await findPrometheus();
const missing = "missing" in tools ? tools.missing : undefined;
const promtool = "missing" in tools ? "" : tools.promtool;
const { alerts } = readRules();
const names = alerts.map(({ alert }) => alert).sort();

/** Alerts that tests expected otherwise: to fire, or to be silent. */
function complainedOf(said: string, expected: "firing" | "silent"): string[] {
  const pattern = expected === "firing" ? /expr: "ALERTS\{alertname=\\"(\w+)/g : /alertname: (\w+), time/g;
  return [...new Set([...said.matchAll(pattern)].map(([, name = ""]) => name))].sort();
}

/** Changes what every alert compares with, and what it wants to be absent. */
function withThresholds(change: (operator: string, threshold: string) => string, absent: string) {
  return (rules: string) =>
    rules.includes("- alert:")
      ? rules
          .replace(/ (>|==|<=|>=) (\d[\d.]*)/g, (_, operator: string, number: string) =>
            change(operator, number),
          )
          .replace(/absent\(switchyard_\w+(\{.*?\})?\)/g, absent)
      : rules;
}

test("Prometheus takes every rules file", async ({ skip }) => {
  if (missing !== undefined) skip(missing);
  const files = [...filesOf(RULES_DIR, "*.yaml").keys()].map((name) => join(RULES_DIR, name));
  const { isOk, said } = await askPromtool(promtool, ["check", "rules", ...files]);
  expect(said).not.toContain("FAILED");
  expect(isOk, said).toBe(true);
});

test("compose's Prometheus reads the rules where compose puts them", async ({ skip }) => {
  expect(readText("docker-compose.yml")).toContain("./helm/switchyard/files/rules:/etc/prometheus/rules:ro");
  expect(readText("observability/prometheus.yml")).toContain("rule_files: [/etc/prometheus/rules/*.yaml]");
  if (missing !== undefined) skip(missing);
  const { isOk, said } = await askPromtool(promtool, [
    "check",
    "config",
    join(ROOT, "observability/prometheus.yml"),
  ]);
  expect(isOk, said).toBe(true);
});

test("every alert fires and is silent as its tests say", async ({ skip }) => {
  if (missing !== undefined) skip(missing);
  const { isOk, said } = await testRules(promtool);
  expect(isOk, said).toBe(true);
});

test("no alert could have a threshold that it never reaches without a test that tells", async ({ skip }) => {
  if (missing !== undefined) skip(missing);
  const outOfReach = withThresholds((operator, threshold) => {
    if (operator === "<=") return ` >= 0 * ${threshold}`;
    return operator === "==" ? ` == ${threshold} + 7` : ` ${operator} 1000 + 1000 * ${threshold}`;
  }, "absent(vector(1))");
  const { said } = await testRules(promtool, outOfReach);
  expect(complainedOf(said, "firing")).toEqual(names);
});

test("no alert could have a threshold that is always reached without a test that tells", async ({ skip }) => {
  if (missing !== undefined) skip(missing);
  const inReach = withThresholds((operator, threshold) => {
    if (operator === "==") return " <= 1";
    return operator === "<=" ? ` <= -1 * ${threshold}` : ` >= 0.001 * ${threshold}`;
  }, "absent(vector(1) > 1)");
  const { said } = await testRules(promtool, inReach);
  expect(complainedOf(said, "silent")).toEqual(names);
});

test("no alert could take ten times as long without a test that tells", async ({ skip }) => {
  if (missing !== undefined) skip(missing);
  const patient = alerts.filter((alert) => alert.for !== undefined).map(({ alert }) => alert);
  const { said } = await testRules(promtool, (rules) =>
    rules.replace(/^( +for: \d+)/gm, (_, time) => `${time}0`),
  );
  expect(complainedOf(said, "firing")).toEqual(patient.sort());
});
