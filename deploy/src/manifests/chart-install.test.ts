import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parseManifests } from "./manifest.ts";
import { isInstalled, run } from "./render.ts";
import { readText } from "./repository.ts";

const PAGES = ["docs/operate/install.md", "docs/operate/upgrade.md"];
/** Every command that hands the chart of this repository to Helm. */
const COMMANDS = PAGES.flatMap((page) =>
  [...readText(page).matchAll(/^helm (?:install|upgrade) (switchyard helm\/switchyard .+)$/gm)].map(
    ([, words = ""]) => words,
  ),
);

/** The same to `helm template`; the reader's own values are taken to be the shipped ones. */
function toTemplate(words: string): string[] {
  const known = words
    .replace(/ --wait\b| --timeout \S+| --reset-then-reuse-values/g, "")
    .replace("--values values.yaml", "--values helm/switchyard/values.yaml")
    .replaceAll(/\$\w+/g, "of-the-reader");
  return ["template", ...known.split(" "), "--kube-version=1.33.0"];
}

describe.skipIf(!isInstalled("helm"))("SKIP without helm: what the pages about installing say", () => {
  test.each(COMMANDS)("is accepted by the chart: %s", (words) => {
    expect(parseManifests(run("helm", toTemplate(words))).length).toBeGreaterThan(20);
  });

  test("is a trial in five commands, and more", () => {
    const trial = /^## A trial in five commands\n.*?^```sh\n(.*?)^```/ms.exec(readText(PAGES[0] ?? ""))?.[1];
    expect(trial?.trim().split("\n")).toHaveLength(5);
    expect(COMMANDS.length).toBeGreaterThan(3);
  });

  test("holds for the packaged chart, with its test and its files", () => {
    const folder = mkdtempSync(join(tmpdir(), "switchyard-package-"));
    try {
      const saved = run("helm", ["package", "helm/switchyard", "--destination", folder]).trim();
      const values = ["--values=helm/examples/eks-production.yaml", "--kube-version=1.33.0"];
      const packaged = run("helm", ["template", "x", saved.split(" ").at(-1) ?? "", ...values]);
      expect(packaged).toBe(run("helm", ["template", "x", "helm/switchyard", ...values]));
      expect(packaged).toContain("helm.sh/hook: test");
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
