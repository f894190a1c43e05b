import { execFile } from "node:child_process";
import { globSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { PLANTED_IMPORTS, type PlantedImport } from "./planted-imports.ts";
import { plant, ROOT } from "./planted-tree.ts";

interface Cruise {
  summary: {
    totalCruised: number;
    violations: { from: string; to: string; rule: { name: string } }[];
    ruleSetUsed: { forbidden: { name: string }[] };
  };
  modules: { source: string }[];
}

/** What dependency-cruiser says about a tree, with the very configuration that `npm run check` uses. */
function cruise(tree: string, folders: readonly string[]): Promise<Cruise> {
  const config = join(ROOT, ".dependency-cruiser.mjs");
  const args = ["--config", config, "--output-type", "json", ...folders];
  return new Promise((resolve, reject) => {
    const options = { cwd: tree, maxBuffer: 64 * 1_048_576 };
    execFile(join(ROOT, "node_modules/.bin/depcruise"), args, options, (error, stdout, stderr) => {
      // The JSON report carries the violations; its exit code is 0 with or without them.
      if (error !== null) reject(new Error(stderr, { cause: error }));
      else resolve(JSON.parse(stdout) as Cruise);
    });
  });
}

const planted = Object.values(PLANTED_IMPORTS).flat();
let tree: string;
let seen: Cruise;
beforeAll(async () => {
  tree = plant(planted);
  seen = await cruise(tree, ["packages", "services"]);
}, 60_000);
afterAll(() => rmSync(tree, { recursive: true, force: true }));

function rulesAgainst(file: string): string[] {
  const names = seen.summary.violations.filter(({ from }) => from === file).map(({ rule }) => rule.name);
  return [...new Set(names)].sort();
}

test.each(Object.entries(PLANTED_IMPORTS))(
  "%s: what breaks a rule is caught by it, the rest is let be",
  (_, group) => {
    const label = ({ file, text }: PlantedImport) => `${file}: ${text.split("\n")[0]}`;
    const expected = group.map((entry) => [label(entry), [...entry.rules].sort()]);
    const found = group.map((entry) => [label(entry), rulesAgainst(entry.file)]);
    expect(Object.fromEntries(found)).toEqual(Object.fromEntries(expected));
  },
);

test("every import rule has a planted violation", () => {
  const rules = seen.summary.ruleSetUsed.forbidden.map(({ name }) => name);
  const caught = new Set(planted.flatMap((entry) => entry.rules));
  expect(rules.filter((name) => !caught.has(name))).toEqual([]);
});

test("the sources break no import rule, and all of them were read", async () => {
  const { summary, modules } = await cruise(ROOT, ["packages", "services", "scripts", "test", "bench"]);
  expect(summary.violations.map(({ from, to, rule }) => `${rule.name}: ${from} -> ${to}`)).toEqual([]);
  const read = new Set(modules.map(({ source }) => source));
  const sources = globSync("{packages,services}/*/{src,test}/**/*.ts", { cwd: ROOT });
  expect(sources.length).toBeGreaterThan(100);
  expect(sources.filter((source) => !read.has(source))).toEqual([]);
}, 60_000);
