import { createLogger } from "@switchyard/shared/telemetry";
import { expect, it } from "vitest";
import { type HolderOptions, lookAtHolders } from "./look-at-holders.ts";

const NOW_MS = 1_000_000_000;
const A_ROUND = 2_000;

it("a round looks at so many holders and no more, and the next one goes on where it ended", async () => {
  const dueMs = new Map(Array.from({ length: A_ROUND + 50 }, (_, index) => [`job-${index}`, index]));
  const released: string[] = [];
  const options: HolderOptions = {
    ledger: { jobs: { view: async () => null } } as unknown as HolderOptions["ledger"],
    upkeep: {
      holders: async (beforeMs, limit) =>
        [...dueMs.keys()].filter((jobId) => (dueMs.get(jobId) ?? 0) <= beforeMs).slice(0, limit),
      looked: async (jobIds, atMs) => jobIds.forEach((jobId) => void dueMs.set(jobId, atMs)),
    },
    accounts: { release: async (jobId) => void released.push(jobId) },
    chargeBudgets: async () => {},
    log: createLogger("test", "silent"),
    now: () => NOW_MS,
  };
  await lookAtHolders(options, async () => true);
  expect(released).toEqual([...dueMs.keys()].slice(0, A_ROUND));
  await lookAtHolders(options, async () => true);
  expect(released).toEqual([...dueMs.keys()]);
});
