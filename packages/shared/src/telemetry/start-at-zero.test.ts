import { expect, test } from "vitest";
import { keepSeriesOf } from "./keep-series.ts";
import { createMetrics } from "./metrics.ts";
import { startAtZero } from "./start-at-zero.ts";

test("every combination of label values is there before anything is counted, and counts on from what it was", async () => {
  const { tokens } = createMetrics("test");
  tokens.inc({ model: "a", direction: "input" }, 3);
  startAtZero(tokens, { model: ["a", "b"], direction: ["input", "output"] });
  const { values } = await tokens.get();
  expect(values.map(({ labels, value }) => [labels.model, labels.direction, value])).toEqual([
    ["a", "input", 3],
    ["a", "output", 0],
    ["b", "input", 0],
    ["b", "output", 0],
  ]);
});

test("a histogram has its buckets and its sum from the start", async () => {
  const { jobSeconds } = createMetrics("test");
  startAtZero(jobSeconds, { class: ["SIMPLE"] });
  const { values } = await jobSeconds.get();
  expect(values.map(({ value }) => value)).toEqual(values.map(() => 0));
  const names = new Set(values.map(({ metricName }) => metricName?.split("_").at(-1)));
  expect(names).toEqual(new Set(["bucket", "sum", "count"]));
});

test("series of budgets come with a budget and go with it, so that 10,000 ids leave no more than there are budgets", async () => {
  const { budgetRefusals } = createMetrics("test");
  const others = { where: ["ingest"], reason: ["limit", "spent"] };
  for (let n = 0; n < 100; n += 1) {
    const budget = Array.from({ length: 100 }, (_, at) => `b-${n}-${at}`);
    await keepSeriesOf(budgetRefusals, { budget, ...others });
    budgetRefusals.inc({ budget: `b-${n}-0`, where: "ingest", reason: "spent" });
  }
  const before = (await budgetRefusals.get()).values;
  expect(before).toHaveLength(200);
  expect(before.filter(({ value }) => value > 0)).toMatchObject([{ labels: { budget: "b-99-0" }, value: 1 }]);
  await keepSeriesOf(budgetRefusals, { budget: ["b-99-0"], ...others });
  const after = (await budgetRefusals.get()).values;
  expect(after.map(({ value }) => value)).toEqual([0, 1]);
});
