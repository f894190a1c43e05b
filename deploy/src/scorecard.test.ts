import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

const PAGE = new URL("../../docs/operate/scorecard.md", import.meta.url);
const ROW = /^\| (\d+) \| .* \| (.+) \|$/gm;
const LINK = /\[([^\]]+)\]\(([^)#]+)\)/g;

const page = readFileSync(PAGE, "utf8");
const rows = [...page.matchAll(ROW)].map(([, n = "", shown = ""]) => ({ n: Number(n), shown }));
const cited = rows.flatMap(({ n, shown }) =>
  [...shown.matchAll(LINK)].map(([, name = "", path = ""]) => ({ n, name, path })),
);

test("the score card has 36 rows, and each cites a test that shows it", () => {
  expect(rows.map(({ n }) => n)).toEqual(Array.from({ length: 36 }, (_, index) => index + 1));
  const unshown = rows.filter(({ shown }) => !/\]\([^)]+\.test\.ts\)/.test(shown));
  expect(unshown.map(({ n }) => n)).toEqual([]);
});

test.each(cited)("row $n cites what is there: $name", ({ name, path }) => {
  const file = new URL(path, PAGE);
  expect(existsSync(file)).toBe(true);
  // What is no code is cited by its path.
  if (path.endsWith(".ts")) expect(readFileSync(file, "utf8")).toContain(name);
});
