import { expect, test } from "vitest";
import { at, COST, sound } from "./__fixtures__/sound-evidence.ts";
import { check } from "./check.ts";
import type { Evidence, StoredAdjustment } from "./evidence.ts";

/** The same three jobs, of which the first call got its price only later. */
function adjusted(given: Partial<StoredAdjustment> = {}): Evidence {
  const evidence = sound();
  const [total] = evidence.totals;
  const [call] = evidence.attempts;
  if (total === undefined || call === undefined) throw new Error("the evidence is empty");
  const { sums: _, slots: __, ...about } = total;
  const baselinePicoUsd = call.baselinePicoUsd ?? 0n;
  const row: StoredAdjustment = {
    ...{ ...about, jobId: "one", n: 1, k: 1, costPicoUsd: COST, slot: 100 },
    change: {
      ...{ costPicoUsd: COST, unpricedCalls: -1n, baselinePicoUsd },
      atRiskPicoUsd: -call.maxCostPicoUsd,
    },
    ...given,
  };
  return {
    ...evidence,
    attempts: at(evidence.attempts, 0, { costPicoUsd: null, adjustedPicoUsd: row.costPicoUsd }),
    adjustments: [row],
    totals: at(evidence.totals, 0, { slots: [...total.slots, 100] }),
  };
}

const problemsOf = (evidence: Evidence) => check(evidence).map(({ what }) => what);

test("a call that was priced later agrees with the bill, its job and the totals", () => {
  expect(problemsOf(adjusted())).toEqual([]);
});

test.each<[string, Partial<StoredAdjustment>, RegExp]>([
  ["costs other than was billed", { costPicoUsd: COST - 1n }, /^one\.1 cost .* and was billed/],
  [
    "changes the totals by something else",
    { change: { costPicoUsd: COST } },
    /^the totals of model sim-small are/,
  ],
  ["has a place that the totals do not hold", { slot: 101 }, /^bucket .* contains the slots/],
  ["is in the totals of another tenant", { tenant: "other" }, /^the totals of tenant acme are/],
])("one that %s is found", (_what, given, told) => {
  expect(problemsOf(adjusted(given))).toContainEqual(expect.stringMatching(told));
});
