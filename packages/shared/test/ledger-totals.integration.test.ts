import { watchLeaks } from "@switchyard/testkit";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { AttemptRow, JobRow, Ledger, TotalsLine } from "../src/ledger/index.ts";
import { totalsPartitions } from "../src/ledger/keys.ts";
import { sumOf } from "../src/ledger/totals-additions.ts";
import { SLOTS_PER_BUCKET } from "../src/ledger/totals-places.ts";
import { acceptedJob, newIntent, newJobId, type TestLedger, usageOf, usingLedger } from "./support.ts";

afterAll(watchLeaks());

const NOW = Date.UTC(2026, 0, 31, 23, 59, 59, 999);
const DAY = "2026-01-31";
const HOUR = "2026-01-31T23";
let ledger: TestLedger;
let neighbour: TestLedger;

beforeAll(async () => {
  ledger = await usingLedger({ now: () => NOW });
  neighbour = await usingLedger({ sharing: ledger, now: () => NOW });
});
afterAll(async () => {
  await neighbour[Symbol.asyncDispose]();
  await ledger[Symbol.asyncDispose]();
});

const AGAIN = { usage: usageOf(7, 7), costPicoUsd: 7n, providerRequestId: null };

interface Spent {
  tenant: string;
  modelId: string;
  class: "SIMPLE" | "COMPLEX";
  input: number;
  output: number;
  costPicoUsd: bigint | null;
}

async function settled(on: Ledger, { input, output, costPicoUsd, ...spent }: Spent): Promise<AttemptRow> {
  const jobId = newJobId();
  const intent = newIntent({ jobId, keyId: `k-${spent.class}`, ...spent });
  await on.attempts.intend(intent);
  const cost = costPicoUsd === null ? { unpriced: "cachedInput" } : { costPicoUsd };
  const settlement = { ...cost, usage: usageOf(input, output), providerRequestId: null };
  await on.attempts.settle(intent, settlement);
  return (await on.attempts.read(jobId, 1)) as AttemptRow;
}

/** What the totals must say: the sum of the rows, each once. */
function expectedLines(rows: readonly AttemptRow[]): TotalsLine[] {
  const lines = new Map<string, TotalsLine>();
  for (const row of rows) {
    const name = `${row.modelId}#${row.class}`;
    const line = lines.get(name) ?? {
      ...{ hour: HOUR, model: row.modelId, provider: row.providerId, class: row.class, kind: row.kind },
      ...{ key: `k-${row.class}`, tags: {}, calls: 0, answers: 0, unpricedCalls: 0 },
      ...{ inputTokens: 0, cachedInputTokens: 0, cacheWriteTokens: 0, outputTokens: 0 },
      ...{ costPicoUsd: 0n, baselinePicoUsd: 0n, retryPicoUsd: 0n, atRiskPicoUsd: 0n },
    };
    line.calls += 1;
    line.inputTokens += row.usage?.inputTokens ?? 0;
    line.outputTokens += row.usage?.outputTokens ?? 0;
    line.costPicoUsd += row.costPicoUsd ?? 0n;
    // None of these calls stored an answer.
    line.retryPicoUsd += row.costPicoUsd ?? 0n;
    if (row.costPicoUsd === undefined) {
      line.unpricedCalls += 1;
      line.atRiskPicoUsd += row.maxCostPicoUsd;
    }
    lines.set(name, line);
  }
  return [...lines.values()];
}

function sorted(lines: readonly TotalsLine[]): TotalsLine[] {
  return lines.toSorted((a, b) => (`${a.model}${a.class}` < `${b.model}${b.class}` ? -1 : 1));
}

async function expectTotals(tenant: string, rows: readonly AttemptRow[]): Promise<void> {
  expect(sorted(await ledger.totals.read(tenant, DAY))).toEqual(sorted(expectedLines(rows)));
}

/**
 * An item's size as DynamoDB charges it: names and texts by byte, a number by half its digits and one, a
 * set by three and one for each member.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
 */
function chargedBytes(item: Record<string, unknown>): number {
  const sizeOf = (value: unknown): number =>
    value instanceof Set
      ? [...value].reduce((sum: number, member) => sum + 1 + sizeOf(member), 3)
      : typeof value === "string"
        ? value.length
        : 1 + Math.ceil(String(value).length / 2);
  return Object.entries(item).reduce((sum, [name, value]) => sum + name.length + sizeOf(value), 0);
}

/** P2: whatever is settled, added and repeated in whatever order, the totals are the sum of the rows. */
test("the totals are the sum of distinct settled calls, settled and added again in any order by two writers", async () => {
  let tenants = 0;
  const anySpent = fc.record({
    modelId: fc.constantFrom("sim-small", "gpt-4.1"),
    class: fc.constantFrom("SIMPLE" as const, "COMPLEX" as const),
    input: fc.nat(1_000_000),
    output: fc.nat(1_000_000),
    costPicoUsd: fc.option(fc.bigInt(0n, 2n ** 90n), { freq: 6 }),
  });
  /** Bursts of rows by index, each burst at once, by either writer; a row may first be settled again. */
  const anyRepeat = fc.record({ pick: fc.nat(), isOther: fc.boolean(), isSettledAgain: fc.boolean() });
  const anyReplay = fc.array(fc.array(anyRepeat, { minLength: 1, maxLength: 8 }), { maxLength: 3 });
  const property = fc.asyncProperty(
    fc.array(anySpent, { minLength: 1, maxLength: 8 }),
    anyReplay,
    async (spendings, replay) => {
      tenants += 1;
      const tenant = `replayed${tenants}`;
      const rows = await Promise.all(
        spendings.map((spent, index) => settled(index % 3 === 0 ? neighbour : ledger, { ...spent, tenant })),
      );
      for (const burst of replay) {
        await Promise.all(
          burst.map(async ({ pick, isOther, isSettledAgain }) => {
            const on = isOther ? neighbour : ledger;
            const row = rows[pick % rows.length] as AttemptRow;
            if (isSettledAgain) expect(await on.attempts.settle(row, AGAIN)).toBe(false);
            await on.totals.add((await on.attempts.read(row.jobId, row.n)) as AttemptRow);
          }),
        );
      }
      await Promise.all(rows.map((row) => ledger.totals.add(row)));
      await expectTotals(tenant, rows);
    },
  );
  await fc.assert(property, { numRuns: 100 });
}, 120_000);

test("an amount beyond what a double holds is added to the last pico-dollar", async () => {
  const tenant = "rich";
  const amounts = [2n ** 53n + 1n, 2n ** 53n + 3n, 10n ** 30n + 1n, 1n];
  const rows = await Promise.all(
    amounts.map((costPicoUsd) =>
      settled(ledger, { tenant, modelId: "sim-small", class: "SIMPLE", input: 1, output: 1, costPicoUsd }),
    ),
  );
  for (const row of rows) await ledger.totals.add(row);
  const [line] = await ledger.totals.read(tenant, DAY);
  expect(line?.costPicoUsd).toBe(amounts.reduce((sum, amount) => sum + amount, 0n));
});

test("a totals item stays small: after a bucket's worth of calls the next one begins", async () => {
  await using own = await usingLedger({ now: () => NOW });
  const tenant = "busy";
  const spent = { tenant, modelId: "sim-small", class: "SIMPLE" as const, input: 3, output: 2 };
  const count = SLOTS_PER_BUCKET + 30;
  const rows = await Promise.all(
    Array.from({ length: count }, (_, index) => settled(own, { ...spent, costPicoUsd: BigInt(index) })),
  );
  await Promise.all([...rows, ...rows].map((row) => own.totals.add(row)));
  const parts = totalsPartitions(tenant, DAY).map((pk) => own.store.queryPartition(pk));
  const items = (await Promise.all(parts)).flat();
  const sizes = items.map((item) => (item["applied"] as Set<number>).size).sort((a, b) => a - b);
  expect(sizes).toEqual([30, SLOTS_PER_BUCKET]);
  for (const item of items) expect(chargedBytes(item)).toBeLessThan(1_024);
  const [line] = await own.totals.read(tenant, DAY);
  expect(line).toMatchObject({ calls: count, inputTokens: 3 * count, outputTokens: 2 * count });
  expect(line?.costPicoUsd).toBe(BigInt((count * (count - 1)) / 2));
});

test("calls of many tenants at once fill one item for each, not one for each call", async () => {
  await using own = await usingLedger({ now: () => NOW });
  const tenants = ["one", "two", "three"];
  const spent = { modelId: "sim-small", class: "SIMPLE" as const, input: 1, output: 1, costPicoUsd: 1n };
  const turns = Array.from({ length: 30 }, (_, index) => tenants[index % 3] as string);
  for (const tenant of turns) await own.totals.add(await settled(own, { ...spent, tenant }));
  for (const tenant of tenants) {
    const parts = totalsPartitions(tenant, DAY).map((pk) => own.store.queryPartition(pk));
    const items = (await Promise.all(parts)).flat();
    expect(items.map(({ calls }) => calls)).toEqual([10]);
  }
});

test("calls that are settled within times of their own share items, requests and the list of tenants", async () => {
  const requests: string[] = [];
  await using own = await usingLedger({ now: () => NOW, onRequest: (operation) => requests.push(operation) });
  const spent = { tenant: "timed", modelId: "sim-small", class: "SIMPLE" as const, input: 1, output: 1 };
  const within = () => own.within(new AbortController().signal);
  const rows: AttemptRow[] = [];
  for (let call = 0; call < 20; call += 1) rows.push(await settled(within(), { ...spent, costPicoUsd: 1n }));
  requests.length = 0;
  await Promise.all(rows.map((row) => within().totals.add(row)));
  const additions = requests.filter((operation) => operation === "UpdateItem");
  expect([additions.length, requests.length]).toEqual([1, 2]);
  expect(await own.totals.read("timed", DAY)).toMatchObject([{ calls: 20, costPicoUsd: 20n }]);
});

test("two processes never share a place, so neither can hide the other's call", async () => {
  const spent = { tenant: "pair", modelId: "sim-small", class: "SIMPLE" as const, input: 1, output: 1 };
  const rows = await Promise.all(
    Array.from({ length: 40 }, (_, index) =>
      settled(index % 2 === 0 ? ledger : neighbour, { ...spent, costPicoUsd: 1n }),
    ),
  );
  const places = rows.map((row) => JSON.stringify(row.totalsPlace));
  expect(new Set(places).size).toBe(rows.length);
});

test("the tenants of a day are listed, each once, whoever adds for them and in whatever order of days", async () => {
  let now = Date.UTC(2027, 4, 2);
  await using own = await usingLedger({ now: () => now });
  await using other = await usingLedger({ sharing: own, now: () => now });
  const spent = { modelId: "sim-small", class: "SIMPLE" as const, input: 1, output: 1, costPicoUsd: 1n };
  const late = await settled(own, { ...spent, tenant: "late" });
  now += 86_400_000;
  for (const on of [own, other, own]) await on.totals.add(await settled(on, { ...spent, tenant: "early" }));
  await own.totals.add(late);
  await own.totals.add(await settled(own, { ...spent, tenant: "last" }));
  expect(await own.totals.tenants("2027-05-02")).toEqual(["late"]);
  expect(await own.totals.tenants("2027-05-03")).toEqual(["early", "last"]);
  expect(await own.totals.tenants("2027-05-04")).toEqual([]);
});

test("a call belongs to the day on which it was settled, by UTC", async () => {
  let now = NOW;
  await using own = await usingLedger({ now: () => now });
  const spent = { tenant: "night", modelId: "sim-small", class: "SIMPLE" as const, input: 1, output: 1 };
  const before = await settled(own, { ...spent, costPicoUsd: 1n });
  now += 1;
  const after = await settled(own, { ...spent, costPicoUsd: 10n });
  // Added late and the other way round: the place was chosen when the row was settled.
  for (const row of [after, before, after]) await own.totals.add(row);
  expect((await own.totals.read("night", "2026-01-31")).map((line) => line.costPicoUsd)).toEqual([1n]);
  expect((await own.totals.read("night", "2026-02-01")).map((line) => line.costPicoUsd)).toEqual([10n]);
  expect(await own.totals.read("nigh", "2026-01-31")).toEqual([]);
});

describe("a call whose outcome is unknown", () => {
  const AT_RISK = 10n ** 12n;

  async function unknownCall(on: Ledger, tenant: string, jobId = newJobId()): Promise<AttemptRow> {
    const intent = newIntent({ jobId, tenant, maxCostPicoUsd: AT_RISK });
    await on.attempts.intend(intent);
    await on.attempts.unknown(intent, { code: "PROVIDER_OUTCOME_UNKNOWN", message: "x" });
    return (await on.attempts.read(jobId, 1)) as AttemptRow;
  }

  async function riskOf(tenant: string) {
    const lines = await ledger.totals.read(tenant, DAY);
    const { atRiskPicoUsd, costPicoUsd, calls } = sumOf(lines);
    return { atRiskPicoUsd, costPicoUsd, calls };
  }

  test("is at risk once, and no longer once it is settled, in whatever order and how often it is added", async () => {
    const unknown = await unknownCall(ledger, "risky");
    for (let time = 0; time < 3; time += 1) await ledger.totals.add(unknown);
    expect(await riskOf("risky")).toEqual({ atRiskPicoUsd: AT_RISK, costPicoUsd: 0n, calls: 0 });
    await neighbour.attempts.settle(unknown, { ...AGAIN, resultChunks: 1 });
    const settledLate = (await ledger.attempts.read(unknown.jobId, 1)) as AttemptRow;
    await Promise.all([settledLate, unknown, settledLate].map((row) => neighbour.totals.add(row)));
    expect(await riskOf("risky")).toEqual({ atRiskPicoUsd: 0n, costPicoUsd: 7n, calls: 1 });
    await ledger.totals.add(unknown);
    expect(await riskOf("risky")).toEqual({ atRiskPicoUsd: 0n, costPicoUsd: 7n, calls: 1 });
  });

  test("is settled as no answer once its job has gone on without it, and as one while the job waits for it", async () => {
    const answers: Record<string, unknown> = {};
    const late = { ...AGAIN, resultChunks: 1, baselinePicoUsd: 70n };
    for (const claims of [1, 2]) {
      let job = await acceptedJob(ledger, { tenant: `late${claims}` });
      for (let n = 1; n <= claims; n += 1) {
        job = (await ledger.jobs.claim(job, { claimId: "c", claimUntil: NOW + 1 })) as JobRow;
      }
      const unknown = await unknownCall(ledger, job.tenant, job.jobId);
      await ledger.attempts.settle(unknown, late);
      await ledger.totals.add((await ledger.attempts.read(job.jobId, 1)) as AttemptRow);
      const [line] = (await ledger.totals.read(job.tenant, DAY)).filter(({ calls }) => calls > 0);
      answers[claims] = [line?.answers, line?.baselinePicoUsd, line?.retryPicoUsd, line?.costPicoUsd];
    }
    expect(answers).toEqual({ 1: [1, 70n, 0n, 7n], 2: [0, 0n, 7n, 7n] });
  });
});

test("an answer counts against its baseline; without its own price it saves nothing", async () => {
  const answered = { usage: usageOf(1, 1), providerRequestId: null, resultChunks: 1, baselinePicoUsd: 9n };
  for (const cost of [{ costPicoUsd: 4n }, { unpriced: "cachedInput" }]) {
    const intent = newIntent({ tenant: "answered", maxCostPicoUsd: 100n });
    await ledger.attempts.intend(intent);
    await ledger.attempts.settle(intent, { ...answered, ...cost });
    await ledger.totals.add((await ledger.attempts.read(intent.jobId, 1)) as AttemptRow);
  }
  expect(await ledger.totals.read("answered", DAY)).toMatchObject([
    {
      ...{ answers: 2, costPicoUsd: 4n, baselinePicoUsd: 9n, retryPicoUsd: 0n },
      ...{ unpricedCalls: 1, atRiskPicoUsd: 100n },
    },
  ]);
});
