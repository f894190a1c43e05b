import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "yaml";
import { type Manifest, parseManifests } from "./manifest.ts";
import { renderChart } from "./render.ts";
import { readText } from "./repository.ts";

export type Values = Readonly<Record<string, unknown>>;

/** The chart's own values. */
export const SHIPPED_VALUES = parse(readText("helm/switchyard/values.yaml")) as Values;

/** As Helm lays one file over another: maps are merged, and null takes a key away. */
export function over(base: Values, top: Values): Values {
  const isMap = (of: unknown): of is Values => typeof of === "object" && of !== null && !Array.isArray(of);
  const merged = Object.entries(top).map(([key, value]) => {
    return [key, isMap(value) && isMap(base[key]) ? over(base[key], value) : value];
  });
  return { ...base, ...Object.fromEntries(merged) };
}

/** What the schema of the chart is asked about: with a null nothing is left of a key. */
export function overShipped(top: Values): Values {
  return JSON.parse(JSON.stringify(over(SHIPPED_VALUES, top), (_, value) => value ?? undefined)) as Values;
}

/** What real helm makes of the shipped values and these on top; throws with its words if it refuses them. */
export function renderValues(values: Values): Manifest[] {
  const folder = mkdtempSync(join(tmpdir(), "switchyard-values-"));
  try {
    const file = join(folder, "values.json");
    writeFileSync(file, JSON.stringify(values));
    return parseManifests(renderChart(file));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** What the chart says is wrong with these values, a line for each problem; nothing if it renders them. */
export function problemsOf(values: Values): string[] {
  try {
    renderValues(values);
    return [];
  } catch (error) {
    const { message } = error as Error;
    return [...message.matchAll(/^- (.+)$/gm)].map(([, problem = ""]) => problem);
  }
}

/** The document of a kind whose name ends so, in the release `switchyard`; throws if there is none. */
export function find(manifests: readonly Manifest[], kind: string, name: string): Manifest {
  const found = manifests.find(
    (manifest) => manifest.kind === kind && manifest.metadata.name === `switchyard-${name}`,
  );
  if (found === undefined) throw new Error(`there is no ${kind} switchyard-${name}`);
  return found;
}

/** What lies at a path of keys and indexes, such as "template.spec.containers.0"; undefined where nothing does. */
export function at(manifest: Manifest, path: string): unknown {
  return path
    .split(".")
    .reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], manifest.spec);
}

/** The plain variables of a Deployment's only container, and the Secret keys of the others. */
export function environmentOf(manifest: Manifest): Record<string, string> {
  const variables = at(manifest, "template.spec.containers.0.env") as {
    name: string;
    value?: string;
    valueFrom?: { secretKeyRef: { name: string; key: string } };
  }[];
  return Object.fromEntries(
    variables.map(({ name, value, valueFrom }) => {
      const { name: secret, key } = valueFrom?.secretKeyRef ?? { name: "", key: "" };
      return [name, value ?? `${secret}/${key}`];
    }),
  );
}
