import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { JOB_CLASSES, TERMINAL_STATUSES } from "../contracts/index.ts";
import { STAGES } from "../pipeline/index.ts";
import { createMetrics } from "./metrics.ts";

const root = join(import.meta.dirname, "../../../..");
const text = readFileSync(join(root, "docs/metrics.md"), "utf8");

interface Described {
  name: string;
  type: string;
  labels: string[];
  help: string;
}

/** What the registry itself knows of every metric of ours. */
async function declared(): Promise<Described[]> {
  const { registry } = createMetrics("test");
  const all = await registry.getMetricsAsJSON();
  return all
    .filter(({ name }) => name.startsWith("switchyard_"))
    .map(({ name, type, help }) => {
      const metric = registry.getSingleMetric(name) as unknown as { labelNames: string[] };
      return { name, type: String(type), labels: [...metric.labelNames], help };
    });
}

function documented(): Described[] {
  return [...text.matchAll(/^\| `(switchyard_\w+)` \| (\w+) \| (.*?) ?\| (.*?) \| (.*?) ?\|$/gm)].map(
    ([, name = "", type = "", labels = "", help = "", standard = ""]) => ({
      name,
      type,
      labels: [...labels.matchAll(/`(\w+)`/g)].map(([, label = ""]) => label),
      help: standard === "" ? help : help.replace(/\.$/, ` (${standard.replaceAll("`", "")}).`),
    }),
  );
}

const byName = (a: Described, b: Described) => a.name.localeCompare(b.name);

test("every metric has one line in docs/metrics.md with its type, labels and meaning, and every line is of a metric", async () => {
  expect(documented().sort(byName)).toEqual((await declared()).sort(byName));
});

test("every metric is named for what it counts and the unit it has", async () => {
  const units: Record<string, RegExp> = {
    counter: /_total$/,
    histogram: /_seconds$/,
    gauge: /(?<!_total)$/,
  };
  for (const { name, type } of await declared()) {
    expect(name).toMatch(/^switchyard(_[a-z]+)+$/);
    expect(name, type).toMatch(units[type] ?? /never/);
  }
});

test("no label names a job, a tenant, a key or a text", async () => {
  const labels = new Set((await declared()).flatMap((metric) => metric.labels));
  const bounded = ["method", "route", "status", "stage", "outcome", "class", "strategy", "model", "provider"];
  expect([...labels].filter((label) => !bounded.includes(label)).sort()).toEqual([
    "action",
    "arm",
    "budget",
    "direction",
    "error",
    "from",
    "kind",
    "limit",
    "note",
    "operation",
    "queue",
    "reason",
    "state",
    "tenant_class",
    "to",
    "version",
    "where",
  ]);
});

test("docs/metrics.md lists the values of the labels that the contracts name", () => {
  const valuesOf = (label: string) =>
    [...(new RegExp(`^\\| \`${label}\` \\| (.*) \\|$`, "m").exec(text)?.[1] ?? "").matchAll(/`(\w+)`/g)].map(
      ([, value]) => value,
    );
  expect(valuesOf("stage")).toEqual(STAGES);
  expect(valuesOf("class")).toEqual([...JOB_CLASSES, "none"]);
  expect(valuesOf("status")).toEqual([...TERMINAL_STATUSES]);
});

test("dashboards and rules ask only for metrics that exist", async () => {
  const names = new Set((await declared()).map(({ name }) => name));
  const files = globSync("{observability,k8s,helm}/**/*.{json,yml,yaml}", { cwd: root });
  for (const file of files) {
    const asked = readFileSync(join(root, file), "utf8").match(/switchyard_\w+/g) ?? [];
    const unknown = asked.filter(
      (name) => !names.has(name) && !names.has(name.replace(/_(bucket|sum|count)$/, "")),
    );
    expect(unknown, file).toEqual([]);
  }
});
