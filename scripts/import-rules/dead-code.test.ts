import { execFile } from "node:child_process";
import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { plant, ROOT } from "./planted-tree.ts";

type Named = { name: string }[];
interface Report {
  issues: { file: string; files?: Named; exports?: Named; types?: Named; dependencies?: Named }[];
}

const FILES = [
  { file: "services/cost/src/main.ts", text: 'import { run } from "./run.ts";\n\nrun();\n' },
  { file: "services/cost/src/index.ts", text: 'export { run } from "./run.ts";\n' },
  {
    file: "services/cost/src/run.ts",
    text: "export interface Options {\n  here: number;\n}\nexport type Nobody = string;\nexport const spare = 1;\nexport const run = (options?: Options) => options;\n",
  },
  { file: "services/cost/src/forgotten.ts", text: "export const here = 1;\n" },
];

let tree: string;
let report: Report;
beforeAll(async () => {
  tree = plant(FILES);
  for (const file of ["knip.jsonc", "pnpm-workspace.yaml", "package.json"])
    cpSync(join(ROOT, file), join(tree, file));
  const manifest = join(tree, "services/cost/package.json");
  const { dependencies, ...rest } = JSON.parse(readFileSync(manifest, "utf8"));
  writeFileSync(
    manifest,
    JSON.stringify({ ...rest, dependencies: { ...dependencies, express: "catalog:" } }),
  );
  report = await knip(tree);
}, 60_000);
afterAll(() => rmSync(tree, { recursive: true, force: true }));

/** What knip says about a tree, with the very configuration that `npm run check` uses. */
function knip(folder: string): Promise<Report> {
  const args = ["--no-progress", "--reporter", "json"];
  return new Promise((resolve, reject) => {
    execFile(join(ROOT, "node_modules/.bin/knip"), args, { cwd: folder }, (error, stdout, stderr) => {
      if (error?.code === 1) resolve(JSON.parse(stdout) as Report);
      else reject(new Error(`knip found nothing: ${stderr}`));
    });
  });
}

function namesIn(kind: "files" | "exports" | "types" | "dependencies", file: string): string[] {
  const issues = report.issues.filter((issue) => issue.file === file);
  return issues.flatMap((issue) => issue[kind] ?? []).map(({ name }) => name);
}

test("a file that nothing imports is unused", () => {
  expect(namesIn("files", "services/cost/src/forgotten.ts")).toEqual(["services/cost/src/forgotten.ts"]);
});

test("an export that nobody takes is unused, also when an index.ts offers it", () => {
  expect(namesIn("exports", "services/cost/src/run.ts")).toEqual(["spare"]);
  expect(namesIn("exports", "services/cost/src/index.ts")).toEqual(["run"]);
});

test("a type that nothing uses is unused; one that an exported function takes is not", () => {
  expect(namesIn("types", "services/cost/src/run.ts")).toEqual(["Nobody"]);
});

test("a dependency that nothing imports is unused", () => {
  expect(namesIn("dependencies", "services/cost/package.json")).toContain("express");
});
