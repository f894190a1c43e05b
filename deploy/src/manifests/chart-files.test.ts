import { globSync } from "node:fs";
import { basename } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { parseManifests } from "./manifest.ts";
import { RENDER_NAMES, renderedPath } from "./render.ts";
import { ROOT, readText } from "./repository.ts";

test.each(["switchyard.yaml", "prices.json"])("the chart ships the %s of the repository", (file) => {
  expect(readText(`helm/switchyard/files/${file}`)).toBe(readText(file));
});

const shipped = (folder: string) => globSync(`helm/switchyard/files/${folder}/*`, { cwd: ROOT });

/** Groups of rules whose runbooks are still where the files have them. */
const withoutAddress = (groups: unknown): unknown[] =>
  JSON.parse(JSON.stringify(groups).replaceAll(/https:[^"#]*(?=docs\/operate\/)/g, ""));

// Without helm nobody sees that a template or a value was changed and not rendered again; of these files anybody does.
test.each(RENDER_NAMES)("what lies rendered for %s holds the chart's files as they are", (name) => {
  const rendered = parseManifests(readText(renderedPath(name)));
  const texts = rendered.flatMap(({ kind, data }) =>
    kind === "ConfigMap" ? Object.entries(data ?? {}) : [],
  );
  const own = { "switchyard.yaml": "switchyard.yaml", "prices.json": "prices.json" };
  const dashboards = shipped("dashboards").map((path) => [`switchyard-${basename(path)}`, path]);
  const paths = new Map([...Object.entries(own), ...dashboards] as [string, string][]);
  for (const [key, text] of texts) expect(text.trim(), key).toBe(readText(paths.get(key) ?? key).trim());
  const groups = rendered
    .filter(({ kind }) => kind === "PrometheusRule")
    .flatMap(({ spec }) => withoutAddress(spec?.["groups"]));
  const files = shipped("rules").flatMap((path) => withoutAddress(parse(readText(path)).groups));
  for (const group of groups) expect(files).toContainEqual(group);
  // eks-production has all of them.
  if (name !== "eks-production") return;
  expect(groups).toHaveLength(files.length);
  expect(texts).toHaveLength(paths.size);
});
