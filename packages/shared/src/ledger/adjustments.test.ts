import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { count, pico, price, text } from "./__fixtures__/arbitrary-money.ts";
import { ADJUSTMENT_REASONS, type AdjustmentRow } from "./adjustment-row.ts";
import { adjustmentOf, baselinePicoUsdOf, costPicoUsdOf } from "./adjustments.ts";
import { costStateOf } from "./booking.ts";
import { adjustmentKey } from "./keys.ts";
import { adjustmentAttributes, readAdjustment } from "./row-codec.ts";
import type { AttemptRow } from "./rows.ts";
import type { StoredItem } from "./store-requests.ts";
import { additionOf, additionsOf, sumOf } from "./totals-additions.ts";
import { fromWire, toWire } from "./wire.ts";

const change = fc.dictionary(fc.stringMatching(/^[a-zA-Z]{1,20}$/), fc.bigInt(-(10n ** 30n), 10n ** 30n), {
  noNullPrototype: true,
});
const anyAdjustment: fc.Arbitrary<AdjustmentRow> = fc.record(
  {
    jobId: fc.constant("job_1"),
    n: fc.integer({ min: 1, max: 20_000 }),
    k: fc.integer({ min: 1, max: 200 }),
    reason: fc.constantFrom(...ADJUSTMENT_REASONS),
    atMs: count,
    price,
    costPicoUsd: pico,
    baselinePicoUsd: pico,
    change,
    totals: fc.record({ pk: text, sk: text, slot: count }),
  },
  { requiredKeys: ["jobId", "n", "k", "reason", "atMs", "price", "costPicoUsd", "change", "totals"] },
);

test("an adjustment is read as it was written, every field of it", () => {
  fc.assert(
    fc.property(anyAdjustment, (row) => {
      const item = { ...adjustmentKey(row.jobId, row.n, row.k), ...adjustmentAttributes(row) };
      expect(readAdjustment(fromWire(toWire(item)) as StoredItem)).toEqual(row);
    }),
  );
});

const RATES = { id: "p", bookVersion: "1", inputPicoUsd: 3n, outputPicoUsd: 7n };
const USAGE = {
  ...{ inputTokens: 10, cachedInputTokens: 5, cacheWriteTokens: 0, outputTokens: 2, reasoningTokens: 0 },
};
/** Cached tokens, for which its price has no rate. */
const UNPRICED: AttemptRow = {
  ...{ jobId: "job_1", n: 1, generation: 1, kind: "invoke", state: "settled", claimId: "c" },
  ...{ modelId: "m", providerId: "p", tenant: "acme", class: "SIMPLE", startedAt: 0, leaseUntil: 1 },
  ...{ price: RATES, maxCostPicoUsd: 1_000n, usage: USAGE, unpriced: "cachedInput" },
  ...{ resultChunks: 1, baselinePicoUsd: 500n },
  totalsPlace: { hour: "2026-06-01T12", bucket: "b-0", slot: 7 },
};
const NOW = { atMs: 9 };
const WHOLE = { ...RATES, bookVersion: "2", cachedInputPicoUsd: 1n };

function adjusted(attempt: AttemptRow, at: typeof WHOLE): AttemptRow {
  const row = adjustmentOf(attempt, at, NOW);
  return row === null ? attempt : { ...attempt, adjustments: [...(attempt.adjustments ?? []), row] };
}

/** What the totals hold of an attempt and its adjustments. */
function held({ adjustments = [], ...attempt }: AttemptRow) {
  return sumOf([...additionsOf(attempt), ...adjustments.map(additionOf)].map(({ measures }) => measures));
}

describe("an attempt whose price arrives", () => {
  test("costs what its tokens cost at that price, and counts as one that had it from the start", () => {
    const row = adjusted(UNPRICED, WHOLE);
    expect([costStateOf(UNPRICED), costStateOf(row)]).toEqual(["unpriced", "measured"]);
    expect(costPicoUsdOf(row)).toBe(49n);
    const { unpriced: _, ...priced } = UNPRICED;
    expect(held(row)).toEqual(held({ ...priced, price: WHOLE, costPicoUsd: 49n }));
    expect(row.adjustments?.[0]).toMatchObject({
      ...{ k: 1, reason: "priced", price: WHOLE, costPicoUsd: 49n, baselinePicoUsd: 500n },
      change: { costPicoUsd: 49n, unpricedCalls: -1n, atRiskPicoUsd: -1_000n, baselinePicoUsd: 500n },
    });
  });

  test("has a baseline from then on, where it had none", () => {
    const { baselinePicoUsd: _, ...attempt } = UNPRICED;
    const row = adjustmentOf(attempt, WHOLE, { ...NOW, baselinePicoUsd: 80n });
    expect(row?.change).toMatchObject({ baselinePicoUsd: 80n });
    expect(baselinePicoUsdOf({ ...attempt, adjustments: [row as AdjustmentRow] })).toBe(80n);
  });

  test("is adjusted by nothing that prices only a part of it, nor twice to the same cost", () => {
    expect(adjustmentOf(UNPRICED, RATES, NOW)).toBeNull();
    expect(adjustmentOf(adjusted(UNPRICED, WHOLE), { ...WHOLE, bookVersion: "3" }, NOW)).toBeNull();
  });

  test("is left alone while it may still change, and where nobody stated what it took", () => {
    expect(adjustmentOf({ ...UNPRICED, state: "unknown" }, WHOLE, NOW)).toBeNull();
    const { usage: _, ...estimated } = UNPRICED;
    expect(adjustmentOf(estimated, WHOLE, NOW)).toBeNull();
  });
});

test("a price that was wrong is set right by the difference, down as well as up; the last one counts", () => {
  const dear = adjusted(UNPRICED, { ...WHOLE, outputPicoUsd: 100n });
  const right = adjusted(dear, WHOLE);
  expect(right.adjustments?.map(({ k, reason, costPicoUsd }) => [k, reason, costPicoUsd])).toEqual([
    [1, "priced", 235n],
    [2, "repriced", 49n],
  ]);
  expect(right.adjustments?.[1]?.change).toEqual({ costPicoUsd: -186n });
  expect(costPicoUsdOf(right)).toBe(49n);
});

test("each adjustment has a place of its own in the item that holds its attempt", () => {
  const { adjustments = [] } = adjusted(adjusted(UNPRICED, { ...WHOLE, inputPicoUsd: 4n }), WHOLE);
  const own = additionsOf({ ...UNPRICED, riskPlace: { hour: "2026-06-01T12", bucket: "b-0", slot: 8 } });
  const all = [...own, ...adjustments.map(additionOf)];
  expect(new Set(all.map(({ slot }) => slot)).size).toBe(5);
  expect(new Set(all.map(({ key }) => key.sk)).size).toBe(1);
});
