import { type LossyDynamodb, startLossyDynamodb, watchLeaks } from "@switchyard/testkit";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { AttemptRow, JobRow } from "../src/ledger/index.ts";
import {
  acceptedJob,
  newIntent,
  newJob,
  newJobId,
  settlementOf,
  type TestLedger,
  usingLedger,
} from "./support.ts";

afterAll(watchLeaks());

let ledger: TestLedger;
let way: LossyDynamodb;
/** The same table over a way that loses replies. */
let far: TestLedger;
const ERROR = { code: "PROVIDER_UNAVAILABLE", message: "no" };

beforeAll(async () => {
  ledger = await usingLedger();
  way = await startLossyDynamodb(ledger.options.endpoint as string);
  far = await usingLedger({ sharing: ledger, endpoint: way.url });
});
afterAll(async () => {
  await far[Symbol.asyncDispose]();
  await way.close();
  await ledger[Symbol.asyncDispose]();
});

let lostBefore = 0;
afterEach(() => {
  // A test whose fault never happened proves nothing.
  expect(way.lost()).toBe(lostBefore + 1);
  lostBefore = way.lost();
});

test("an intent whose reply was lost still belongs to its writer, and to nobody else", async () => {
  const jobId = newJobId();
  way.loseNextReplyTo("PutItem");
  expect(await far.attempts.intend(newIntent({ jobId, claimId: "mine" }))).toBe(true);
  expect(await ledger.attempts.intend(newIntent({ jobId, claimId: "other" }))).toBe(false);
  expect(await ledger.attempts.read(jobId, 1)).toMatchObject({ state: "intent", claimId: "mine" });
});

test("a job whose accept lost its reply is there once, with its own body", async () => {
  const job = newJob();
  way.loseNextReplyTo("PutItem");
  // The repeated write finds the first one: whoever submits compares the fingerprint and finds it equal.
  expect(await far.jobs.accept(job)).toBeNull();
  expect(await ledger.jobs.read(job.jobId)).toMatchObject({ fingerprint: job.fingerprint, version: 1 });
});

test("a claim whose reply was lost is taken once, and its claimer can tell that it is his", async () => {
  const job = await acceptedJob(ledger);
  way.loseNextReplyTo("UpdateItem");
  expect(await far.jobs.claim(job, { claimId: "mine", claimUntil: 1 })).toBeNull();
  const stored = await ledger.jobs.read(job.jobId);
  expect(stored).toMatchObject({ claimId: "mine", attempts: 1, version: job.version + 1 });
});

test("a settlement whose reply was lost is booked once, at its first place in the totals", async () => {
  const jobId = newJobId();
  const intent = newIntent({ jobId, tenant: "lossy-settle" });
  await ledger.attempts.intend(intent);
  way.loseNextReplyTo("UpdateItem");
  expect(await far.attempts.settle(intent, settlementOf(7n))).toBe(false);
  const row = (await ledger.attempts.read(jobId, 1)) as AttemptRow;
  expect(row).toMatchObject({ state: "settled", costPicoUsd: 7n });
  await far.attempts.settle(intent, settlementOf(9n));
  expect(await ledger.attempts.read(jobId, 1)).toEqual(row);
});

test("an addition to the totals whose reply was lost is added once", async () => {
  const tenant = "lossy-totals";
  const rows = await Promise.all([1n, 10n, 100n].map((cost) => settledRow(tenant, cost)));
  way.loseNextReplyTo("UpdateItem");
  await Promise.all(rows.map((row) => far.totals.add(row)));
  expect(await totalOf(tenant, rows)).toEqual({ calls: 3, costPicoUsd: 111n });
});

test("a group of additions of which some are contained adds the rest, also when a reply is lost", async () => {
  const tenant = "lossy-group";
  const rows = await Promise.all([1n, 10n, 100n, 1_000n].map((cost) => settledRow(tenant, cost)));
  await ledger.totals.add(rows[2] as AttemptRow);
  way.loseNextReplyTo("UpdateItem");
  await Promise.all(rows.map((row) => far.totals.add(row)));
  expect(await totalOf(tenant, rows)).toEqual({ calls: 4, costPicoUsd: 1_111n });
});

test("a final state whose reply was lost is set once, and a repeat finds it there", async () => {
  const job = await acceptedJob(ledger);
  const end = { status: "failed" as const, failure: ERROR, costPicoUsd: 3n, counted: [] };
  way.loseNextReplyTo("UpdateItem");
  expect(await far.jobs.end(job, end)).toBeNull();
  const stored = (await ledger.jobs.read(job.jobId)) as JobRow;
  expect(stored).toMatchObject({ status: "failed", costPicoUsd: 3n, version: job.version + 1 });
  expect(await far.jobs.end(job, { ...end, costPicoUsd: 4n })).toBeNull();
  expect(await ledger.jobs.read(job.jobId)).toEqual(stored);
});

test("a lease whose reply was lost is held by its holder", async () => {
  way.loseNextReplyTo("UpdateItem");
  expect(await far.leases.hold("lossy", "a", 60_000)).toBe(true);
  expect(await ledger.leases.hold("lossy", "b", 60_000)).toBe(false);
});

test("a text whose reply was lost is stored once more with the same content", async () => {
  const jobId = newJobId();
  way.loseNextReplyTo("BatchWriteItem");
  const resultChunks = await far.contents.writeResult({ jobId, attempt: 1, text: "hello", expiresAt: 1 });
  const attempt = { jobId, n: 1, resultChunks } as AttemptRow;
  expect(await ledger.contents.readResult(attempt)).toBe("hello");
});

async function settledRow(tenant: string, costPicoUsd: bigint): Promise<AttemptRow> {
  const jobId = newJobId();
  const intent = newIntent({ jobId, tenant });
  await ledger.attempts.intend(intent);
  await ledger.attempts.settle(intent, settlementOf(costPicoUsd));
  return (await ledger.attempts.read(jobId, 1)) as AttemptRow;
}

async function totalOf(tenant: string, rows: readonly AttemptRow[]) {
  const lines = await ledger.totals.read(tenant, rows[0]?.totalsPlace?.hour.slice(0, 10) ?? "");
  return {
    calls: lines.reduce((sum, line) => sum + line.calls, 0),
    costPicoUsd: lines.reduce((sum, line) => sum + line.costPicoUsd, 0n),
  };
}
