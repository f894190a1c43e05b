import { expect, test } from "vitest";
import { readQuery } from "./read-query.ts";

test("a query tells which metrics it takes, by which labels, within which functions", () => {
  const facts = readQuery(
    'sum by (le) (rate(x_bucket{stage="a", model=~"b"}[5m])) / on () up > 3 or vector(0)',
  );
  expect(facts).toEqual({
    errors: [],
    selectors: [
      { metric: "x_bucket", matched: ["stage", "model"], within: ["rate", "sum"], range: "5m" },
      { metric: "up", matched: [], within: [], range: null },
    ],
    grouped: ["le"],
  });
});

test.each(["sum(rate(x[5m])", "rate(x[5q])", "sum by model (x)", "x +"])("%s is no query", (query) => {
  expect(readQuery(query).errors).not.toEqual([]);
});

test("series without a name are told as a metric that nothing is called like", () => {
  expect(readQuery('{job="a"}').selectors).toMatchObject([{ metric: '{job="a"}', matched: ["job"] }]);
});
