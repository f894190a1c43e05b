import type { JobRow } from "@switchyard/shared/ledger";
import { expect, test } from "vitest";
import { totalsOf } from "./run-totals.ts";

const row = (part: Partial<JobRow>) => ({ status: "succeeded", attempts: 1, ...part }) as JobRow;

test("sums are exact, and what a job without an answer cost counts against the saving", () => {
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
    savedPicoUsd: 9_007_199_254_740_987n,
  });
});
