import { expect, test } from "vitest";
import { type Round, rowsOf } from "./hybrid-rows.ts";
import type { SideFigures } from "./side-figures.ts";

const side = (over: Partial<SideFigures> = {}): SideFigures => ({
  ...{ jobs: 100, asked: 0, consultations: 0, degraded: 0, gates: {}, asLabelled: 90, complexBelow: 2 },
  ...{ classifierPicoUsd: 0n, totalPicoUsd: 2_000_000_000_000n, savedPicoUsd: 500_000_000_000n, ...over },
});
const ROUND: Round = {
  local: side(),
  hybrid: side({ asked: 20, totalPicoUsd: 1_500_000_000_000n, gates: { pays: 20, confident: 80 } }),
  llm: side({ asked: 100, gates: { no_gate: 100 } }),
  dear: side({ gates: { cannot_pay: 20, confident: 80 } }),
  open: side({ asked: 40, gates: { pays: 40, cannot_pay: 60 } }),
  openDear: side({ gates: { cannot_pay: 100 } }),
};

test("each side's figures stand under its own name, and hybrid's beside llm's with their bars", () => {
  const rows = new Map(rowsOf([ROUND]).map((line) => [line.metric, line]));
  expect(rows.get("jobs asked about, %")).toMatchObject({ subject: 20, reference: 100, bar: "<= 25" });
  expect(rows.get("hybrid less local: total USD per 1,000 jobs")?.subject).toBe(-5);
  expect(rows.get("hybrid: jobs with gate pays")?.subject).toBe(20);
  expect(rows.get("dear judge: jobs asked about, %")).toMatchObject({ subject: 0, bar: "about 0" });
  expect(rows.get("threshold 1: jobs asked about, %")?.subject).toBe(40);
  expect(rows.get("threshold 1, dear judge: jobs with gate cannot_pay")?.subject).toBe(100);
});

test("a reason that only one round knows counts as none in the others", () => {
  const other = { ...ROUND, hybrid: side({ gates: { confident: 100 } }) };
  const pays = rowsOf([ROUND, other, other]).find(({ metric }) => metric === "hybrid: jobs with gate pays");
  expect(pays?.subject).toBe(0);
});
