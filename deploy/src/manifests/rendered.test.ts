import { readdirSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { checkManifests } from "./check.ts";
import { type Manifest, parseManifests } from "./manifest.ts";
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
});

/** True, and known: whether the published image of DynamoDB Local runs on a read-only root has not been tried. */
const KNOWN_IN_TRIAL = [
  { rule: "the root of a container is read-only", where: "Deployment/dynamodb dynamodb", what: "writable" },
];

test("the emulators of k8s/trial are fit to be installed beside k8s/base", async () => {
  const files = [...documentsIn("k8s/base"), ...documentsIn("k8s/trial")];
  expect(await checkManifests(files)).toEqual(KNOWN_IN_TRIAL);
});

describe.each([
  { folder: "k8s/base", known: [] },
  { folder: "k8s/trial", known: KNOWN_IN_TRIAL },
])("what kubectl makes of $folder", ({ folder, known }) => {
  test("is fit to be installed", async ({ skip }) => {
    if (!isInstalled("kubectl")) skip("kubectl is not installed");
    expect(await checkManifests(parseManifests(run("kubectl", ["kustomize", folder])))).toEqual(known);
  });
});

/** Everything in a folder but what kustomize does with it: its own file, and patches of documents of another one. */
function documentsIn(folder: string): Manifest[] {
  const files = readdirSync(`${ROOT}${folder}`).filter(
    (file) => !/^(kustomization|providers)\.yaml$/.test(file),
  );
  return files.flatMap((file) => parseManifests(readText(`${folder}/${file}`)));
}
