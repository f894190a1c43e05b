import { readPriceBook } from "@switchyard/shared/pricing";
import { watchLeaks } from "@switchyard/testkit";
import { afterAll, afterEach, beforeEach, expect, test } from "vitest";
import { reprice } from "../src/reprice/reprice.ts";
import { savingLines } from "../src/savings/saving-lines.ts";
import { verifyTotals } from "../src/verify/verify-totals.ts";
import { breakJob, USAGE, usingWorld, type World } from "./support.ts";

afterAll(watchLeaks());

let world: World;
beforeEach(async () => {
  world = await usingWorld();
});
afterEach(() => world[Symbol.asyncDispose]());

const HEAD = {
  version: "2",
  date: "2026-06-01",
  unit: "USD per million tokens",
  sources: { test: { title: "t" } },
};
const RATES = { input: "0.000003", output: "0.000007", cached_input: "0.000001" };
const book = readPriceBook(
  JSON.stringify({ ...HEAD, prices: [{ id: "p", ...RATES, source: "test" }] }),
  "prices.json",
);

/** An answered job without a price for its cached tokens. */
async function unpricedJob() {
  const { job, attempt } = await world.calling({ tenant: "acme" });
  await world.ledger.attempts.settle(attempt, {
    ...{ usage: { ...USAGE, cachedInputTokens: 5 }, unpriced: "cachedInput" },
    ...{ providerRequestId: "r", resultChunks: 1 },
  });
  return job;
}

test("a job that cannot be read is told, and keeps no other from its price, its comparison and its check", async () => {
  const jobs = [await unpricedJob(), await unpricedJob(), await unpricedJob()] as const;
  for (const job of jobs.slice(1)) await world.settle(job);
  // Its call is in no total, so that whoever verifies asks the job.
  await breakJob(world, jobs[0]);
  const told: string[] = [];
  const tell = (text: string) => void told.push(text);
  const broken = expect.stringContaining(`J#${jobs[0].jobId} job: status`);

  const asked = { ledger: world.ledger, prices: book, isForMeasured: false, isWritten: true, tell };
  expect(await reprice(asked)).toMatchObject({ calls: 3, adjusted: 2, broken: 1 });
  expect(told).toContainEqual(broken);

  told.length = 0;
  await verifyTotals({ ledger: world.ledger, onProblem: tell });
  expect(told).toEqual([broken]);

  expect((await savingLines(world.ledger, { tenant: "acme" }))[1]).toMatch(/^1 jobs cannot be read: /);
});
