import { readdirSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { checkManifests } from "./check.ts";
import { parseManifests } from "./manifest.ts";
import { PLAIN_FROM, plainManifests } from "./plain-manifests.ts";
import { isInstalled, RENDER_NAMES, renderChart, renderedPath, run, VALUE_FILES } from "./render.ts";
import { ROOT, readText } from "./repository.ts";

const committed = (name: (typeof RENDER_NAMES)[number]) => parseManifests(readText(renderedPath(name)));

describe.each(RENDER_NAMES)("what the chart renders for %s", (name) => {
  test("is fit to be installed", async () => {
    expect(await checkManifests(committed(name))).toEqual([]);
  });

  test("lies rendered in the repository as it is now", ({ skip }) => {
    if (!isInstalled("helm")) skip("helm is not installed");
    expect(parseManifests(renderChart(VALUE_FILES[name]))).toEqual(committed(name));
  });
});

describe("the plain manifests of k8s/base", () => {
  const files = plainManifests(committed(PLAIN_FROM));

  test("are those of the chart", () => {
    const found = new Map(readdirSync(`${ROOT}k8s/base`).map((file) => [file, readText(`k8s/base/${file}`)]));
    expect(Object.fromEntries(found)).toEqual(Object.fromEntries(files));
  });

  test("are fit to be installed", async () => {
    const documents = [...files].filter(([file]) => file !== "kustomization.yaml");
    expect(await checkManifests(documents.flatMap(([, text]) => parseManifests(text)))).toEqual([]);
  });
});

/** True, and known: whether the published image runs on a read-only root has not been tried. */
const KNOWN = {
  "k8s/base": [],
  "k8s/trial": [
    { rule: "the root of a container is read-only", where: "Deployment/dynamodb dynamodb", what: "writable" },
  ],
};

describe.each(Object.entries(KNOWN))("what kubectl makes of %s", (folder, known) => {
  test("is fit to be installed", async ({ skip }) => {
    if (!isInstalled("kubectl")) skip("kubectl is not installed");
    expect(await checkManifests(parseManifests(run("kubectl", ["kustomize", folder])))).toEqual(known);
  });
});
