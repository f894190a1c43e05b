import { createLogger } from "@switchyard/shared/telemetry";
import { expect, it, vi } from "vitest";
import { restoreHoldings } from "./holdings.ts";

async function* noRows(): AsyncGenerator<string[]> {}

function waitingFor(indexLagMs: number) {
  return {
    ledger: { jobs: { wanting: noRows } } as unknown as Parameters<typeof restoreHoldings>[0]["ledger"],
    upkeep: { restore: () => Promise.resolve() },
    log: createLogger("test", "silent"),
    now: Date.now,
    indexLagMs,
  };
}

it("whoever waits for the index keeps its lease meanwhile, and gives up when it is another's", async () => {
  const asked = vi.fn<() => Promise<boolean>>().mockResolvedValue(true);
  expect(await restoreHoldings(waitingFor(16), [], asked)).toBe(true);
  expect(asked).toHaveBeenCalledTimes(8);
  const lost = vi.fn<() => Promise<boolean>>().mockResolvedValueOnce(true).mockResolvedValue(false);
  expect(await restoreHoldings(waitingFor(16), [], lost)).toBe(false);
  expect(lost).toHaveBeenCalledTimes(2);
});
