import { expect, test } from "vitest";
import { costText } from "./cost.ts";

const ROW = {
  ...{ day: "2026-01-31", jobs: 3, spend_usd: "0.1", baseline_usd: "0.3", net_saved_usd: "0.2" },
  ...{ classifier_usd: "0", retry_usd: "0", unpriced_jobs: 0, at_risk_usd: "0" },
};

test("what is 0 in every row is said once, and has no column", () => {
  expect(costText([ROW], 80)).toBe(
    [
      "day         jobs  spend  baseline  net_saved",
      "2026-01-31     3    0.1       0.3        0.2",
      "",
      "USD, UTC. 0 in every row: classifier, retry, unpriced_jobs, at_risk.",
      "",
    ].join("\n"),
  );
});

test("several rows have their exact sum beneath, beyond what a float holds", () => {
  const rows = [
    { ...ROW, model: "a", spend_usd: "0.1", retry_usd: "0.000000000001" },
    { ...ROW, model: null, spend_usd: "9007199254740993.2", net_saved_usd: "-0.5" },
  ];
  const last = costText(rows, null).split("\n")[3];
  expect(last?.split(/ +/)).toEqual(["all", "6", "9007199254740993.3", "0.6", "-0.3", "0.000000000001"]);
  expect(costText(rows, null).split("\n")[2]).toContain("2026-01-31  -");
});

test("no rows are told in words", () => {
  expect(costText([], 80)).toBe("no costs in that time\n");
});
