import { watchLeaks } from "@switchyard/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { AttemptRow, Tags } from "../src/ledger/index.ts";
import { totalsPartitions } from "../src/ledger/keys.ts";
import { acceptedJob, newIntent, settlementOf, type TestLedger, usingLedger } from "./support.ts";

afterAll(watchLeaks());

const NIGHT = Date.UTC(2026, 0, 31, 23);
let now = NIGHT;
let ledger: TestLedger;
beforeAll(async () => {
  ledger = await usingLedger({ now: () => now });
});
afterAll(() => ledger[Symbol.asyncDispose]());

const ODD = { team: "a", project: "#&=%\n語" };

async function counted(tags: Tags | undefined, costPicoUsd: bigint, tenant = "acme"): Promise<void> {
  const tagged = { tenant, ...(tags === undefined ? {} : { tags }) };
  const { jobId } = await acceptedJob(ledger, tagged);
  expect((await ledger.jobs.read(jobId))?.tags).toEqual(tags);
  const intent = newIntent({ jobId, keyId: "k1", ...tagged });
  await ledger.attempts.intend(intent);
  await ledger.attempts.settle(intent, settlementOf(costPicoUsd));
  await ledger.totals.add((await ledger.attempts.read(jobId, 1)) as AttemptRow);
}

test("calls are told apart by tags; those without any are in items as earlier releases wrote them", async () => {
  const given: (Tags | undefined)[] = [{ team: "a" }, undefined, ODD, { team: "a" }];
  for (const [index, tags] of given.entries()) await counted(tags, 10n ** BigInt(index));
  const lines = await ledger.totals.read("acme", "2026-01-31");
  expect(lines).toHaveLength(3);
  expect(lines.map(({ tags, hour, key, costPicoUsd }) => [tags, hour, key, costPicoUsd])).toEqual(
    expect.arrayContaining([
      [{ team: "a" }, "2026-01-31T23", "k1", 1_001n],
      [{}, "2026-01-31T23", "k1", 10n],
      [ODD, "2026-01-31T23", "k1", 100n],
    ]),
  );
  const parts = totalsPartitions("acme", "2026-01-31").map((pk) => ledger.store.queryPartition(pk));
  const paged = [];
  for await (const page of ledger.totals.pages("acme", "2026-01-31")) paged.push(...page);
  expect(paged).toHaveLength(lines.length);
  expect(paged).toEqual(expect.arrayContaining(lines));
  const keys = (await Promise.all(parts)).flat().map(({ sk }) => String(sk));
  const untagged = keys.filter((sk) => sk.startsWith("sim-small#simulated#SIMPLE#invoke#k1#2026-01-31T23#"));
  expect(untagged).toHaveLength(1);
});

test("reading stops where there is no room for more lines, which all readers share", async () => {
  now = Date.UTC(2026, 2, 1, 7);
  for (const team of ["a", "b", "c"]) await counted({ team }, 1n, "many");
  now = NIGHT;
  const search = { tenant: "many", day: "2026-03-01", by: "day" } as const;
  const room = { lines: 3 };
  expect(await ledger.totals.readWithin(room, search)).toHaveLength(3);
  expect(room.lines).toBe(0);
  expect(await ledger.totals.readWithin(room, { ...search, day: "2026-03-02" })).toEqual([]);
  expect(await ledger.totals.readWithin(room, search)).toBeNull();
});

test("by day there is one line for what its hours have in common, and it comes to the same", async () => {
  for (const [index, hour] of [0, 7, 7, 23].entries()) {
    now = Date.UTC(2026, 1, 1, hour);
    await counted(index === 1 ? ODD : undefined, 10n ** BigInt(index), "daily");
  }
  now = NIGHT;
  const costs = async (by?: "day") => {
    const lines = await ledger.totals.read("daily", "2026-02-01", by);
    return lines.map(({ hour, tags, costPicoUsd }) => [hour, tags, costPicoUsd]);
  };
  expect(await costs()).toHaveLength(4);
  const byDay = await costs("day");
  expect(byDay).toHaveLength(2);
  expect(byDay).toEqual(
    expect.arrayContaining([
      ["2026-02-01T00", {}, 1_101n],
      ["2026-02-01T00", ODD, 10n],
    ]),
  );
});
