import type { JobRow } from "@switchyard/shared/ledger";
import { watchLeaks } from "@switchyard/testkit";
import { afterAll, afterEach, beforeEach, expect, test } from "vitest";
import { manageLedger } from "../src/manage-ledger.ts";
import { DECISION, USAGE, usingWorld, type World } from "./support.ts";

afterAll(watchLeaks());

let world: World;
beforeEach(async () => {
  world = await usingWorld();
});
afterEach(() => world[Symbol.asyncDispose]());

const ESTIMATE = { method: "utf8-bytes/3", usage: USAGE, costPicoUsd: 44n };

/** A job on one side that ended with one call; its usage is only estimated where there is no cost. */
async function endedJob(arm: JobRow["arm"], costPicoUsd: bigint | null): Promise<void> {
  const job = await world.job({ tenant: "acme" });
  await world.ledger.jobs.classified(job, DECISION, { modelId: "sim-small", arm });
  const attempt = await world.call(job);
  await world.ledger.attempts.settle(attempt, {
    ...(costPicoUsd === null
      ? { estimate: ESTIMATE }
      : { usage: USAGE, costPicoUsd, baselinePicoUsd: 9_000_000n }),
    ...{ providerRequestId: "r", resultChunks: 1 },
  });
  await world.settle(job);
}

async function told(...args: string[]): Promise<string[]> {
  const lines: string[] = [];
  const { tableName, endpoint } = world.table;
  const environment = { DYNAMODB_TABLE: tableName, DYNAMODB_ENDPOINT: endpoint };
  const source = { environment, readFile: () => "" };
  expect(await manageLedger(["savings", ...args], source, (line) => void lines.push(line))).toBe(true);
  return lines;
}

test("the command tells what routing saved by its model and as measured, of a tenant or of all", async () => {
  for (let count = 0; count < 30; count += 1) {
    await endedJob("routed", 1_000_000n);
    await endedJob("holdout", 9_000_000n);
  }
  await endedJob(undefined, 5_000_000n);
  const days = ["--from", "2026-06-01", "--to", "2026-06-02"];
  const lines = [
    "jobs created from 2026-06-01 to 2026-06-02",
    "routed: 30 jobs, 30 of them answered, cost 0.00003 USD, 0.000001 each (0 have not ended, 0 without an exact cost, 0 at risk)",
    "holdout: 30 jobs, 30 of them answered, cost 0.00027 USD, 0.000009 each (0 have not ended, 0 without an exact cost, 0 at risk)",
    "saving as modelled: 0.000008 USD for each routed job, 0.00024 in all",
    "saving as measured: 0.000008 USD for each routed job, 95 % interval 0.000008 to 0.000008",
  ];
  expect(await told(...days)).toEqual(lines);
  expect(await told("--tenant", "acme", ...days)).toEqual(lines);
  expect((await told("--tenant", "other", ...days))[1]).toMatch(
    /^routed: 0 jobs, 0 of them answered, cost 0 USD, - each/,
  );
  await endedJob("routed", null);
  const [, routed, , modelled, measured] = await told(...days);
  expect(routed).toContain("(0 have not ended, 1 without an exact cost, 0 at risk)");
  expect(modelled).toBe(lines[3]);
  expect(measured).toBe(
    "saving as measured: - USD for each routed job, more than 1 % of a side have not ended, are without an exact cost or at risk",
  );
  expect((await told("--to", "2026-05-31"))[4]).toBe(
    "saving as measured: - USD for each routed job, too few jobs for an interval",
  );
});
