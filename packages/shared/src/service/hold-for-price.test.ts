import { expect, test } from "vitest";
import type { Catalogue } from "../catalogue/index.ts";
import type { JobRow, Ledger } from "../ledger/index.ts";
import { holdForPrice } from "./hold-for-price.ts";

const catalogue = {
  unpriced: { tenants: new Map(), others: { policy: "hold", cap: null } },
} as unknown as Catalogue;
const events = { publish: () => {} } as never;

test.each([
  ["a minute at first", 0, 60_000],
  ["a minute once more", 61_000, 61_000],
  ["for as long as it has waited", 240_000, 240_000],
  ["ten minutes at most", 86_400_000, 600_000],
])("a job that is held for its price waits %s until it is looked at again", async (_, heldMs, waitMs) => {
  const job = { status: "queued", tenant: "acme", updatedAt: 1_000, held: { reason: "price_unknown" } };
  const ledger = { now: () => 1_000 + heldMs } as Ledger;
  const error = await holdForPrice({ catalogue, ledger, events }, job as JobRow).catch(
    (thrown: unknown) => thrown,
  );
  const { retryAfterMs } = error as { retryAfterMs: number };
  expect(retryAfterMs - waitMs).toBeGreaterThanOrEqual(0);
  expect(retryAfterMs - waitMs).toBeLessThan(2_000);
});
