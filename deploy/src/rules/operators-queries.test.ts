import { globSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { expect, test } from "vitest";
import { knownSeries } from "../promql/known-metrics.ts";
import { readQuery } from "../promql/read-query.ts";
import { RUNBOOKS_FILE, readRules } from "./rule-files.ts";

/** What stands in a page between backquotes and names one of our series: a query to be copied. */
function queriesIn(file: string): { page: string; query: string }[] {
  const spans = readFileSync(file, "utf8").matchAll(/`([^`\n]*\bswitchyard[_:]\w[^`\n]*)`/g);
  return [...spans].map(([, query = ""]) => ({ page: basename(file), query }));
}

const pages = globSync(join(RUNBOOKS_FILE, "../*.md")).sort();
const queries = pages.flatMap(queriesIn);
const recorded = new Set(readRules().recordings.map(({ record }) => record));

test("the pages for operators have queries", () => {
  expect(queries.length).toBeGreaterThan(30);
});

test.each(queries)("$page: $query is a query for series that exist", async ({ query }) => {
  const { errors, selectors } = readQuery(query);
  expect(errors).toEqual([]);
  const known = await knownSeries();
  const names = selectors.map(({ metric }) => metric).filter((metric) => !recorded.has(metric));
  expect(names.filter((name) => !known.has(name) && !/^(kube|keda|container)_/.test(name))).toEqual([]);
  for (const { metric, matched } of selectors)
    expect([...(known.get(metric)?.labels ?? matched)], metric).toEqual(expect.arrayContaining(matched));
});
