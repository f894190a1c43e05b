import type { AdjustmentRow, AttemptRow } from "@switchyard/shared/ledger";
import { expect, test } from "vitest";
import { renderCost } from "./render-cost.ts";

const PRICE = { id: "p", bookVersion: "1", inputPicoUsd: 1n, outputPicoUsd: 1n };
const USED = {
  inputTokens: 3,
  cachedInputTokens: 10,
  cacheWriteTokens: 0,
  outputTokens: 2,
  reasoningTokens: 0,
};
const UNPRICED: AttemptRow = {
  ...{ jobId: "job_1", n: 1, generation: 1, kind: "invoke", state: "settled", claimId: "c" },
  ...{ modelId: "m", providerId: "x", tenant: "acme", class: "SIMPLE", startedAt: 0, leaseUntil: 1 },
  ...{ price: PRICE, maxCostPicoUsd: 7n, usage: USED, unpriced: "cachedInput" },
};
const adjustment = (k: number, costPicoUsd: bigint): AdjustmentRow => ({
  ...{ jobId: "job_1", n: 1, k, reason: "priced", atMs: 1, costPicoUsd, change: {} },
  ...{ price: { ...PRICE, bookVersion: `${k + 1}` }, totals: { pk: "T", sk: "s", slot: k } },
});

test("an unpriced call whose price arrived is measured, at the last price that was found for it", () => {
  expect(renderCost(UNPRICED)).toMatchObject({ cost_state: "unpriced", cost_usd: null, adjusted: false });
  const adjustments = [adjustment(1, 15n), adjustment(2, 16n)];
  expect(renderCost({ ...UNPRICED, adjustments })).toMatchObject({
    ...{ cost_state: "measured", cost_usd: "0.000000000016", adjusted: true, unpriced: null },
    ...{ price_id: "p", price_version: "3" },
  });
});
