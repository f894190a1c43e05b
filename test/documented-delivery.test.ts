import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

const PAGE = new URL("../docs/delivery.md", import.meta.url);
const LINK = /\[([^\]]+)\]\((\.\.\/[^)#]+\.test\.ts)\)/g;

const cited = [...readFileSync(PAGE, "utf8").matchAll(LINK)].map(([, name = "", path = ""]) => ({
  ...{ name, path },
}));

test("docs/delivery.md cites a test for each of its promises", () => {
  expect(cited.length).toBeGreaterThan(30);
});

test.each(cited)("docs/delivery.md cites a test that is there: $name", ({ name, path }) => {
  const file = new URL(path, PAGE);
  expect(existsSync(file)).toBe(true);
  if (name === "a test") return;
  expect(readFileSync(file, "utf8")).toContain(name);
});
