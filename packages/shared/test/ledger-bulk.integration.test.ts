import { watchLeaks } from "@switchyard/testkit";
import { afterAll, expect, test } from "vitest";
import { type EndedCall, openBulk } from "../src/ledger/bulk.ts";
import type { AttemptRow, Tags } from "../src/ledger/index.ts";
import { newIntent, newJobId, settlementOf, type TestLedger, usingLedger } from "./support.ts";

afterAll(watchLeaks());

const NOW = Date.UTC(2026, 0, 31, 23);
/** Enough that one item of the totals is full and another begins. */
const CALLS = 230;
const LOST = { code: "PROVIDER_OUTCOME_UNKNOWN", message: "no answer" };
const TAGS: Tags = { team: "a" };

/** Settled ones with and without an answer, some unpriced, some tagged, some unknown and some void. */
async function callOneByOne(ledger: TestLedger, index: number): Promise<AttemptRow> {
  const tagged = index % 4 === 0 ? { tags: TAGS } : {};
  const intent = newIntent({ jobId: newJobId(), tenant: `t${index % 2}`, keyId: "k1", ...tagged });
  await ledger.attempts.intend(intent);
  if (index % 10 === 7) await ledger.attempts.unknown(intent, LOST);
  else if (index % 10 === 8) await ledger.attempts.voided(intent, LOST);
  else {
    const { costPicoUsd, ...settlement } = settlementOf(BigInt(index));
    const cost = index % 10 === 9 ? { unpriced: "cachedInput" } : { costPicoUsd, baselinePicoUsd: 9n };
    await ledger.attempts.settle(intent, { ...settlement, ...cost });
  }
  const row = (await ledger.attempts.read(intent.jobId, 1)) as AttemptRow;
  await ledger.totals.add(row);
  return row;
}

/** Everything in a table in the order of its keys, without the names of buckets, which each writer draws. */
async function contentsOf({ store }: TestLedger): Promise<string[]> {
  const all: string[] = [];
  for await (const items of store.scan({ condition: "pk > :none", values: { ":none": " " } })) {
    for (const item of items) {
      const sorted = Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1));
      const text = JSON.stringify(sorted, (_, value: unknown) => {
        if (typeof value === "bigint") return `${value}n`;
        return value instanceof Set ? [...value].sort((a, b) => a - b) : value;
      });
      // The bucket's name decides in which part of its day it lies.
      all.push(text.replaceAll(/[0-9a-f]{12}-\d+/g, "bucket").replace(/(#2026-01-31)#\d"/, '$1"'));
    }
  }
  return all.sort();
}

test("calls written in bulk lie in the table, rows and totals, as if they had been settled one by one", async () => {
  await using slow = await usingLedger({ now: () => NOW });
  await using fast = await usingLedger({ now: () => NOW });
  const rows: AttemptRow[] = [];
  for (let index = 0; index < CALLS; index += 1) rows.push(await callOneByOne(slow, index));
  const bulk = openBulk(fast.options);
  try {
    const ended = rows.map(({ totalsPlace: _, riskPlace: __, ...row }) => row as EndedCall);
    expect(await bulk.write(ended)).toBe(4);
  } finally {
    bulk.close();
  }
  const [expected, written] = await Promise.all([slow, fast].map(contentsOf));
  expect(expected?.length).toBeGreaterThan(CALLS);
  expect(written).toEqual(expected);
});
