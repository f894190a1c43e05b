import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, expect, test } from "vitest";
import { summaryLines } from "./vitest-summary.ts";

const VITEST = fileURLToPath(new URL("../node_modules/vitest/vitest.mjs", import.meta.url));
const REPORTER = fileURLToPath(new URL("./vitest-summary.ts", import.meta.url));

// Two projects, because the numbers must be of all of them.
const CONFIG = `
import { SummaryReporter } from ${JSON.stringify(REPORTER)};
const project = (name) => ({ test: { name, globals: true, include: [name + "*.test.js"] } });
export default { test: { reporters: ["default", new SummaryReporter()], projects: [project("a"), project("b")] } };
`;

let folder: string | undefined;
afterEach(() => {
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
});

function runVitest(files: Record<string, string>): { lines: string[]; status: number | null } {
  folder = mkdtempSync(join(tmpdir(), "switchyard-summary-"));
  for (const [name, text] of Object.entries({ "vitest.config.mjs": CONFIG, ...files })) {
    writeFileSync(join(folder, name), text);
  }
  const args = [VITEST, "run", "--root", folder];
  const { stdout, status } = spawnSync(process.execPath, args, { encoding: "utf8", timeout: 60_000 });
  return { lines: stdout.trimEnd().split("\n"), status };
}

const PASSES = `test("holds", () => {});`;

test("a run in which everything holds ends with its number and succeeds", () => {
  const { lines, status } = runVitest({ "a.test.js": PASSES, "b.test.js": PASSES });
  expect({ last: lines.at(-1), status }).toEqual({ last: "2 passed, 0 failed", status: 0 });
}, 60_000);

test("failures in tests, set-ups, files and outside any test are all counted, and skips are named", () => {
  const { lines, status } = runVitest({
    "a-fails.test.js": `test("breaks", () => { throw new Error("no"); }); ${PASSES}`,
    "a-syntax.test.js": "this is no JavaScript",
    "a-empty.test.js": "",
    "b-unhandled.test.js": `test("holds", () => { void Promise.reject(new Error("late")); });`,
    "b-setup.test.js": `describe("s", () => { beforeAll(() => { throw new Error("no"); }); test("never runs", () => {}); });`,
    "b-skips.test.js": `test("waits", ({ skip }) => skip("no engine")); test.skip("mute", () => {}); test.todo("later");`,
  });
  expect(status).toBe(1);
  expect(lines.filter((line) => line.startsWith("SKIP ")).sort()).toEqual([
    "SKIP b-setup.test.js > s > never runs: its set-up failed",
    "SKIP b-skips.test.js > later: not written yet",
    "SKIP b-skips.test.js > mute: no reason given",
    "SKIP b-skips.test.js > waits: no engine",
  ]);
  // Failed: the test, the two files without tests, the rejection, the set-up.
  expect(lines.at(-1)).toBe("2 passed, 5 failed, 4 skipped");
}, 60_000);

test("skips of one file for one reason are one line, which says what they lack", () => {
  const { lines } = runVitest({
    "a.test.js": `describe.skip("SKIP without helm: the chart", () => { test("a", () => {}); test("b", () => {}); }); ${PASSES}`,
    "b.test.js": `test.skip("SKIP without kubectl: what it makes", () => {});`,
  });
  expect(lines.slice(-3)).toEqual([
    "SKIP a.test.js (2 tests): without helm",
    "SKIP b.test.js > SKIP without kubectl: what it makes: without kubectl",
    "1 passed, 0 failed, 3 skipped",
  ]);
}, 60_000);

test("a run that cannot even start reports a failure", () => {
  const { lines, status } = runVitest({});
  expect({ last: lines.at(-1), status }).toEqual({ last: "0 passed, 1 failed", status: 1 });
}, 60_000);

test("a bad exit status is never shown beside no failure", () => {
  expect(summaryLines({ passed: 3, failed: 0, skipped: [] }, 1)).toBe("3 passed, 1 failed\n");
});
