import type { JobRow } from "@switchyard/shared/ledger";
import { expect, test } from "vitest";
import { totalsOf } from "./run-totals.ts";

const row = (part: Partial<JobRow>) => ({ status: "succeeded", attempts: 1, ...part }) as JobRow;

test("sums are exact, and a job that has no baseline has saved nothing", () => {
  const rows = [
    row({ costPicoUsd: 1n, baselinePicoUsd: 9_007_199_254_740_993n }),
    row({ status: "failed", attempts: 6, costPicoUsd: 5n }),
    row({ status: "running" }),
  ];
  expect(totalsOf(rows)).toEqual({
    jobs: 3,
    unfinished: 1,
    calls: 8,
    costPicoUsd: 6n,
    savedPicoUsd: 9_007_199_254_740_992n,
  });
});
