import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

const PAGE = new URL("../docs/cost-cases.md", import.meta.url);
const LINK = /\[([^\]]+)\]\((\.\.\/[^)#]+\.ts)\)/g;
const ROW = /^\| (\d+) \| .* \| (.+) \|$/gm;

const page = readFileSync(PAGE, "utf8");
const cited = [...page.matchAll(LINK)].map(([, name = "", path = ""]) => ({ name, path }));

test("docs/cost-cases.md has a line for each mistake, with a test or the reason why there is none", () => {
  const rows = [...page.matchAll(ROW)].map(([, n = "", shown = ""]) => ({ n: Number(n), shown }));
  expect(rows.map(({ n }) => n)).toEqual(Array.from({ length: 50 }, (_, index) => index + 1));
  const unshown = rows.filter(({ shown }) => !shown.includes("](../"));
  expect(unshown.every(({ shown }) => shown.endsWith("."))).toBe(true);
});

test.each(cited)("docs/cost-cases.md cites a test that is there: $name", ({ name, path }) => {
  const file = new URL(path, PAGE);
  expect(existsSync(file)).toBe(true);
  if (name === "A test") return;
  expect(readFileSync(file, "utf8")).toContain(name);
});
