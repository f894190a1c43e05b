import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

const read = (path: string) => readFileSync(new URL(`../../../${path}`, import.meta.url), "utf8");

test.each(["switchyard.yaml", "prices.json"])("the chart ships the %s of the repository", (file) => {
  expect(read(`helm/switchyard/files/${file}`)).toBe(read(file));
});
