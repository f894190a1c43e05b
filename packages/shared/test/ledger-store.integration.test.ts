import { startLossyDynamodb, uniquePrefix, waitFor, watchLeaks } from "@switchyard/testkit";
import { afterAll, beforeEach, expect, test } from "vitest";
import { openLedger } from "../src/ledger/index.ts";
import type { Item } from "../src/ledger/store-requests.ts";
import { newJob, type TestLedger, usingLedger } from "./support.ts";

afterAll(watchLeaks());

const requests: { operation: string; capacityUnits: number }[] = [];
let ledger: TestLedger;

function onRequest(operation: string, capacityUnits: number): void {
  requests.push({ operation, capacityUnits });
}

beforeEach(async () => {
  ledger = await usingLedger({ onRequest });
  requests.length = 0;
  return () => ledger[Symbol.asyncDispose]();
});

function itemsOf(count: number): (Item & { pk: string; sk: string })[] {
  return Array.from({ length: count }, (_, index) => ({ pk: `P#${index}`, sk: "x", index }));
}

test("writes of the same moment go together, at most twenty-five in a request", async () => {
  const items = itemsOf(130);
  await Promise.all(items.map((item) => ledger.store.put(item)));
  const writes = requests.filter(({ operation }) => operation === "BatchWriteItem");
  // Five full batches and the last five.
  expect(writes).toHaveLength(6);
  const found = await Promise.all(items.map((item) => ledger.store.get(item)));
  expect(found).toEqual(items);
});

test("reads of the same moment go together, at most a hundred in a request, each to its asker", async () => {
  const items = itemsOf(120);
  await Promise.all(items.map((item) => ledger.store.put(item)));
  requests.length = 0;
  const asked = [...items, ...items.slice(0, 60), { pk: "P#none", sk: "x" }];
  const found = await Promise.all(asked.map((key) => ledger.store.get(key)));
  expect(found).toEqual([...items, ...items.slice(0, 60), null]);
  expect(requests.map(({ operation }) => operation)).toEqual(Array(2).fill("BatchGetItem"));
});

test("an item written twice in one moment is written once, as it was last", async () => {
  const key = { pk: "P#twice", sk: "x" };
  await Promise.all([1, 2, 3, 4].map((value) => ledger.store.put({ ...key, value })));
  expect(await ledger.store.get(key)).toEqual({ ...key, value: 4 });
});

test("every request is told with its operation and the capacity units it took", async () => {
  const job = newJob();
  await ledger.jobs.accept(job);
  const row = await ledger.jobs.read(job.jobId);
  await ledger.jobs.cancel(row as NonNullable<typeof row>);
  await ledger.jobs.due(0, 1);
  await ledger.store.put({ pk: "P#units", sk: "x" });
  await ledger.totals.read("acme", "2026-01-01");
  const operations = requests.map(({ operation }) => operation);
  expect(new Set(operations)).toEqual(
    new Set(["PutItem", "BatchGetItem", "UpdateItem", "Query", "BatchWriteItem"]),
  );
  const units = (name: string) => requests.find(({ operation }) => operation === name)?.capacityUnits ?? 0;
  for (const name of ["PutItem", "BatchGetItem", "UpdateItem", "BatchWriteItem"])
    expect(units(name)).toBeGreaterThan(0);
});

test("a whole number of any size is read back exactly", async () => {
  const key = { pk: "P#numbers", sk: "x" };
  const numbers = { small: 7, negative: -3, edge: 2n ** 53n, large: 10n ** 37n + 1n };
  await ledger.store.put({ ...key, ...numbers });
  expect(await ledger.store.get(key)).toEqual({ ...key, ...numbers });
});

test("a request that can never work is our own fault, not an outage", async () => {
  const empty = ledger.store.update({ key: { pk: "", sk: "x" }, set: { a: 1 }, condition: "#a = :a" });
  await expect(empty).rejects.toMatchObject({ code: "INTERNAL_FAULT" });
});

test("a table may be created again at any time, also by many processes at once", async () => {
  const name = uniquePrefix("shared");
  const openers = Array.from({ length: 5 }, () => openLedger({ ...ledger.options, tableName: name }));
  await Promise.all(openers.map((opener) => opener.createTable()));
  await Promise.all(openers.map((opener) => opener.ping()));
  for (const opener of openers) opener.close();
  await waitFor(() => requests.length > 0);
});

test("every answer that asks to slow down is told, those to repeated requests and of batches included", async () => {
  const throttled: string[] = [];
  const way = await startLossyDynamodb(ledger.options.endpoint as string);
  const onThrottle = (operation: string) => void throttled.push(operation);
  const far = await usingLedger({ sharing: ledger, endpoint: way.url, onThrottle });
  try {
    way.setWeather({ refusedShare: 1, lostShare: 0, draw: () => 0.5 });
    const update = { key: { pk: "P#slow", sk: "x" }, set: { a: 1 }, condition: "attribute_not_exists(pk)" };
    await expect(far.store.update(update)).rejects.toMatchObject({ code: "LEDGER_UNAVAILABLE" });
    // Three tries, as often as the way refused.
    expect(throttled).toEqual(Array.from({ length: way.refused() }, () => "UpdateItem"));
    expect(throttled).toHaveLength(3);
    way.setWeather(null);
    way.answerAtMost(4);
    throttled.length = 0;
    const items = itemsOf(10);
    await Promise.all(items.map((item) => far.store.put(item)));
    await Promise.all(items.map((item) => far.store.get(item)));
    expect(throttled).toEqual([...Array(2).fill("BatchWriteItem"), ...Array(2).fill("BatchGetItem")]);
    way.answerAtMost(Number.POSITIVE_INFINITY);
    throttled.length = 0;
    expect(await far.store.update(update)).toBe(true);
    expect(await far.store.update(update)).toBe(false);
    expect(throttled).toEqual([]);
  } finally {
    await far[Symbol.asyncDispose]();
    await way.close();
  }
});
