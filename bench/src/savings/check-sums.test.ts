import type { Savings } from "@switchyard/shared/ledger";
import { expect, test } from "vitest";
import { checkSums } from "./check-sums.ts";

const JOBS = [
  { id: "a", arm: "routed" as const },
  { id: "b", arm: "routed" as const },
  { id: "c", arm: "holdout" as const },
];
const call = (jobId: string, model: string) => ({ jobId, model, inputTokens: 10, outputTokens: 5 });
const BILL = [call("a", "sim-small"), call("b", "sim-small"), call("b", "sim-math"), call("c", "sim-large")];
/** 2 × 4,500,000 and 16,450,000 pico-dollars; 105,000,000 for the one held out. */
const said = (routed: string, jobs = 2) =>
  ({
    arms: { routed: { jobs, spend_usd: routed }, holdout: { jobs: 1, spend_usd: "0.000105" } },
  }) as unknown as Savings;

test("sums that are those of the bill are right, call by call", () => {
  expect(() => checkSums({ savings: said("0.00002545"), jobs: JOBS, bill: BILL })).not.toThrow();
});

test.each([
  ["another sum", said("0.00002546"), JOBS, "routed: 2 jobs at 0.00002546, billed 2 at 0.00002545"],
  ["a job too many", said("0.00002545", 3), JOBS, "routed: 3 jobs"],
  [
    "a job on neither side",
    said("0.00002545"),
    [...JOBS, { id: "d", arm: null }],
    "1 jobs are on neither side",
  ],
])("%s ends the run", (_, savings, jobs, problem) => {
  expect(() => checkSums({ savings, jobs, bill: BILL })).toThrow(problem);
});

test("a model without a rate ends the run, rather than costing nothing", () => {
  expect(() => checkSums({ savings: said("0"), jobs: JOBS, bill: [call("a", "gpt")] })).toThrow(
    "gpt was called",
  );
});
