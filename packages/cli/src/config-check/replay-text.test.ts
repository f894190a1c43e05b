import { expect, test } from "vitest";
import type { ReplayGroup } from "./replay-jobs.ts";
import { replayText } from "./replay-text.ts";

const PERIOD = { sinceMs: Date.UTC(2026, 0, 30, 12), nowMs: Date.UTC(2026, 0, 31, 12) };
const GROUP: ReplayGroup = {
  ...{ class: "SIMPLE", modelThen: "small", model: "small", problem: null, jobs: 2 },
  ...{ thenPicoUsd: 3_000_000n, nowPicoUsd: 3_000_000n, baselinePicoUsd: 30_000_000n },
};
const NOTHING = { unanswered: 0, unmeasured: 0, heldOut: 0, besidePicoUsd: 0n };

function linesOf(groups: ReplayGroup[], width: number | null = null): string[] {
  return replayText({ ...NOTHING, groups }, PERIOD, width).split("\n");
}

test("classes stand in their order, each with the models then and now, and what that changes to the pico-dollar", () => {
  const lines = linesOf([
    { ...GROUP, class: "COMPLEX", modelThen: "large", model: "small", nowPicoUsd: 1n },
    { ...GROUP, nowPicoUsd: 4_500_000n },
  ]);
  expect(lines.slice(3, 8).map((line) => line.trimEnd().split(/(?<=\S) {2,}/))).toEqual([
    ["class and model", "jobs", "cost then", "cost now", "difference", "baseline"],
    ["SIMPLE"],
    ["  small", "2", "0.000003", "0.0000045", "0.0000015", "0.00003"],
    ["COMPLEX"],
    ["  large → small", "2", "0.000003", "0.000000000001", "-0.000002999999", "0.00003"],
  ]);
  expect(lines.slice(9, 11)).toEqual([
    "4 jobs in all: 0.000006 USD then, 0.000004500001 now: -0.000001499999 (−24.9 %)",
    "with the baseline: 0.00006",
  ]);
});

test("jobs that nobody would take are no saving: they are in no sum, and told with the reason", () => {
  const refused = {
    ...GROUP,
    model: null,
    problem: "max_cost_exceeded",
    nowPicoUsd: 0n,
    baselinePicoUsd: null,
  };
  const lines = linesOf([GROUP, { ...refused, jobs: 1 }]);
  expect(lines[6]?.trim().split(/ {2,}/)).toEqual(["small → none", "1", "0.000003", "-", "-", "-"]);
  expect(lines.slice(8, 11)).toEqual([
    "2 jobs in all: 0.000003 USD then, 0.000003 now: 0 (+0.0 %)",
    "with the baseline: 0.00003",
    "! 1 SIMPLE job: no route: max_cost_exceeded",
  ]);
});

test("what is left out, and what is assumed, is said each time", () => {
  const text = replayText(
    { groups: [], unanswered: 4, unmeasured: 2, heldOut: 3, besidePicoUsd: 7n },
    PERIOD,
    80,
  );
  expect(text).toContain("no job was answered in that time\n");
  expect(text).toContain("left out: 4 jobs without an answer, 2 whose cost is not known, 3 of the holdout\n");
  expect(text).toContain("cost 0.000000000007 USD then: in no line\n");
  expect(text).toContain("takes the tokens that it took");
});
