import { expect, test } from "vitest";
import { environmentOf } from "./chart-values.ts";
import { parseManifests } from "./manifest.ts";
import { RENDER_NAMES, renderedPath } from "./render.ts";
import { readText } from "./repository.ts";

const SERVICES = ["ingest", "classifier", "invoker", "cost"];
const DOCUMENTED = new Set(readText("docs/configuration.md").match(/`[A-Z][A-Z0-9_]+`/g));

test.each(RENDER_NAMES)("what pods of %s are told is all in docs/configuration.md", (name) => {
  const deployments = parseManifests(readText(renderedPath(name))).filter(
    ({ kind, metadata }) =>
      kind === "Deployment" && SERVICES.includes(metadata.labels?.["app.kubernetes.io/component"] ?? ""),
  );
  expect(deployments.length).toBeGreaterThanOrEqual(SERVICES.length);
  const names = deployments.flatMap((deployment) => Object.keys(environmentOf(deployment)));
  expect(names.filter((variable) => !DOCUMENTED.has(`\`${variable}\``))).toEqual([]);
});
