import { execFile } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ROOT } from "./planted-tree.ts";

const LINES = (count: number) => "  here += 1;\n".repeat(count);
const FUNCTION_OF = (lines: number) =>
  `export function run(here: number) {\n${LINES(lines)}  return here;\n}\n`;
const FILE_OF = (lines: number) => `${"// One more line.\n".repeat(lines - 1)}export const here = 1;\n`;
const ASYNC = "async function work(): Promise<void> {\n  await null;\n}\n";

/** Rule, path and text of each planted file; the rule is null where it is allowed. */
const PLANTED: readonly (readonly [rule: string | null, file: string, text: string])[] = [
  ["lint/style/noProcessEnv", "services/cost/src/start.ts", "export const port = process.env.PORT;\n"],
  [
    "lint/style/noProcessEnv",
    "packages/shared/src/config/read.ts",
    "export const port = process.env.PORT;\n",
  ],
  [
    "lint/style/noProcessEnv",
    "services/cost/src/env.ts",
    'import { env } from "node:process";\n\nexport const port = env.PORT;\n',
  ],
  [null, "services/cost/src/main.ts", "export const port = process.env.PORT;\n"],
  [null, "packages/testkit/src/environment.ts", "export const port = process.env.PORT;\n"],
  ["lint/suspicious/noConsole", "services/cost/src/settle.ts", 'console.log("settled");\n'],
  ["lint/suspicious/noConsole", "packages/shared/src/ledger/jobs.ts", 'console.error("conflict");\n'],
  [null, "scripts/report.ts", 'console.log("done");\n'],
  ["lint/style/noDefaultExport", "services/cost/src/totals.ts", "export default function total() {}\n"],
  ["lint/performance/noReExportAll", "services/cost/src/index.ts", 'export * from "./settle.ts";\n'],
  ["lint/suspicious/noExplicitAny", "services/cost/src/rows.ts", "export const row: any = null;\n"],
  ["lint/suspicious/noExplicitAny", "services/cost/src/rows.test.ts", "export const row: any = null;\n"],
  ["lint/nursery/noFloatingPromises", "services/cost/src/sweep.ts", `${ASYNC}work();\n`],
  [null, "services/cost/src/sweep-awaited.ts", `${ASYNC}await work();\n`],
  ["lint/complexity/noExcessiveLinesPerFunction", "services/cost/src/long.ts", FUNCTION_OF(60)],
  [null, "services/cost/src/long-enough.ts", FUNCTION_OF(50)],
  ["lint/style/noExcessiveLinesPerFile", "services/cost/src/long-file.ts", FILE_OF(301)],
  [null, "services/cost/src/long-enough-file.ts", FILE_OF(300)],
  [
    "lint/complexity/useMaxParams",
    "services/cost/src/many.ts",
    "export const sum = (a: number, b: number, c: number, d: number) => a + b + c + d;\n",
  ],
  ["lint/style/useFilenamingConvention", "services/cost/src/settleJob.ts", "export const here = 1;\n"],
  ["format", "services/cost/src/wide.ts", "export   const here = 1\n"],
];

interface Report {
  diagnostics: { category: string; location: { path: string } }[];
}

let tree: string;
let report: Report;
beforeAll(async () => {
  tree = mkdtempSync(join(tmpdir(), "switchyard-planted-"));
  for (const file of ["biome.jsonc", ".gitignore"]) cpSync(join(ROOT, file), join(tree, file));
  for (const [, file, text] of PLANTED) {
    mkdirSync(dirname(join(tree, file)), { recursive: true });
    writeFileSync(join(tree, file), text);
  }
  report = await check(tree);
}, 60_000);
afterAll(() => rmSync(tree, { recursive: true, force: true }));

/** What biome says about a tree, with the very configuration that `npm run check` uses. */
function check(folder: string): Promise<Report> {
  const args = ["check", "--error-on-warnings", "--max-diagnostics=none", "--reporter=json", "."];
  return new Promise((resolve, reject) => {
    execFile(join(ROOT, "node_modules/.bin/biome"), args, { cwd: folder }, (error, stdout, stderr) => {
      if (error?.code === 1) resolve(JSON.parse(stdout) as Report);
      else reject(new Error(`biome found nothing: ${stderr}`));
    });
  });
}

test.each(PLANTED)("biome says %s of %s", (rule, file) => {
  const found = report.diagnostics.filter(({ location }) => location.path.endsWith(file));
  const categories = [...new Set(found.map(({ category }) => category))];
  expect(categories).toEqual(rule === null ? [] : [rule]);
});
