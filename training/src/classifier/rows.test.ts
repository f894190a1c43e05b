import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { readTrainingFiles } from "./rows.ts";

const folder = mkdtempSync(join(tmpdir(), "switchyard-training-"));
afterAll(() => rmSync(folder, { recursive: true }));

function read(...rows: object[]) {
  const path = join(folder, "kind.jsonl");
  writeFileSync(path, rows.map((row) => JSON.stringify(row)).join("\n"));
  const problems: string[] = [];
  const [file] = readTrainingFiles([path], problems);
  return { rows: file?.rows ?? [], problems, path };
}

test.each<[object, boolean]>([
  [{}, true],
  [{ license: "CC-BY-4.0" }, true],
  [{ license: "MIT" }, true],
  [{ license: "CC-BY-NC-4.0" }, false],
  [{ license: "cc by nc sa" }, false],
  [{ license: "non-commercial" }, false],
  [{ license: "for research only" }, false],
  [{ license: "MIT", commercial: false }, false],
])("a row with %j may be used commercially: %s", (more, expected) => {
  const { rows } = read({ prompt: "Who?", label: "SIMPLE", ...more });
  expect(rows[0]?.isCommercial).toBe(expected);
});

test("a source is known by its name up to the first space, or by its file", () => {
  const { rows } = read(
    { prompt: "Who?", label: "SIMPLE", source: "clinc/oos-eval timer" },
    { prompt: "When?", label: "SIMPLE" },
  );
  expect(rows.map(({ source, group }) => [source, group])).toEqual([
    ["clinc/oos-eval timer", "clinc/oos-eval"],
    ["kind", "kind"],
  ]);
});

test("all that is wrong is told at once, by file and line, without the prompt", () => {
  const { problems, path } = read(
    { prompt: "secret", label: "HARD" },
    { label: "SIMPLE" },
    { prompt: "x", label: "SIMPLE", commercial: "no" },
  );
  expect(problems).toHaveLength(3);
  expect(problems.map((problem) => problem.startsWith(path))).toEqual([true, true, true]);
  expect(problems.join()).not.toContain("secret");
});
