import { randomBytes } from "node:crypto";
import { watchLeaks } from "@switchyard/testkit";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { CHUNK_BYTES } from "../src/ledger/contents.ts";
import type { AttemptRow, JobRow } from "../src/ledger/index.ts";
import { promptKey, resultKey } from "../src/ledger/keys.ts";
import { acceptedJob, newIntent, newJobId, settlementOf, type TestLedger, usingLedger } from "./support.ts";

afterAll(watchLeaks());

let ledger: TestLedger;

beforeAll(async () => {
  ledger = await usingLedger();
});
afterAll(() => ledger[Symbol.asyncDispose]());

/** Seconds since the epoch, as DynamoDB's time to live wants them. */
const EXPIRES_AT = 1_900_000_000;

async function roundTripOfResult(text: string): Promise<string | null> {
  const jobId = newJobId();
  const resultChunks = await ledger.contents.writeResult({ jobId, attempt: 1, text, expiresAt: EXPIRES_AT });
  return ledger.contents.readResult(await answered(jobId, resultChunks));
}

async function answered(jobId: string, resultChunks: number): Promise<AttemptRow> {
  await ledger.attempts.intend(newIntent({ jobId }));
  await ledger.attempts.settle(newIntent({ jobId }), { ...settlementOf(1n), resultChunks });
  return (await ledger.attempts.read(jobId, 1)) as AttemptRow;
}

async function jobWithPrompt(content: string, fingerprint = "f".repeat(64)): Promise<JobRow> {
  const jobId = newJobId();
  const messages = [{ role: "user" as const, content }];
  const promptChunks = await ledger.contents.writePrompt({
    jobId,
    fingerprint,
    messages,
    expiresAt: EXPIRES_AT,
  });
  return acceptedJob(ledger, { jobId, fingerprint, promptChunks });
}

test("any answer of whole characters comes back as it was stored", async () => {
  const property = fc.asyncProperty(fc.string({ unit: "binary", maxLength: 400 }), async (text) => {
    expect(await roundTripOfResult(text)).toBe(text);
  });
  await fc.assert(property, { numRuns: 25, examples: [[""], ["\u0000"], ["𝄞\r\n"]] });
});

test("half a surrogate pair in an answer is stored as the replacement character: it is no UTF-8", async () => {
  expect(await roundTripOfResult("a\ud800b")).toBe("a\ufffdb");
});

test("any prompt comes back as it was sent, even half a surrogate pair", async () => {
  const anyText = fc.string({ unit: fc.nat(0xffff).map((unit) => String.fromCharCode(unit)), minLength: 1 });
  const property = fc.asyncProperty(anyText, async (content) => {
    const job = await jobWithPrompt(content);
    expect(await ledger.contents.readPrompt(job)).toEqual([{ role: "user", content }]);
  });
  await fc.assert(property, { numRuns: 30, examples: [["\udc00 \ud800"]] });
});

test("a text that does not compress below the item limit is cut into chunks and put together again", async () => {
  // Three quarters of base64 is content that gzip cannot shrink.
  const text = randomBytes(800_000).toString("base64");
  const jobId = newJobId();
  const chunks = await ledger.contents.writeResult({ jobId, attempt: 1, text, expiresAt: EXPIRES_AT });
  expect(chunks).toBe(Math.ceil(800_000 / CHUNK_BYTES));
  expect(await ledger.contents.readResult(await answered(jobId, chunks))).toBe(text);
  const job = await jobWithPrompt(text);
  expect(job.promptChunks).toBeGreaterThan(1);
  expect((await ledger.contents.readPrompt(job))[0]?.content).toBe(text);
});

test("a text of eight megabytes that compresses well takes one item", async () => {
  const text = "lorem ipsum ".repeat(Math.floor((8 * 1_048_576) / 12));
  const jobId = newJobId();
  const chunks = await ledger.contents.writeResult({ jobId, attempt: 1, text, expiresAt: EXPIRES_AT });
  expect(chunks).toBe(1);
  expect(await ledger.contents.readResult(await answered(jobId, chunks))).toBe(text);
});

test("every chunk carries the second at which it expires", async () => {
  const text = randomBytes(800_000).toString("base64");
  const jobId = newJobId();
  const chunks = await ledger.contents.writeResult({ jobId, attempt: 1, text, expiresAt: EXPIRES_AT });
  const job = await jobWithPrompt("hello");
  const keys = Array.from({ length: chunks }, (_, chunk) => resultKey(jobId, 1, chunk));
  for (const key of [...keys, promptKey(job.jobId, job.fingerprint, 0)]) {
    expect(await ledger.store.get(key)).toMatchObject({ expiresAt: EXPIRES_AT });
  }
});

test("two bodies racing for one job id never mix: each fingerprint has its own prompt", async () => {
  const jobId = newJobId();
  const bodies = ["a", "b"].map((letter) => ({
    jobId,
    fingerprint: letter.repeat(64),
    messages: [{ role: "user" as const, content: letter.repeat(100) + randomBytes(600_000).toString("hex") }],
    expiresAt: EXPIRES_AT,
  }));
  const chunks = await Promise.all(bodies.map((body) => ledger.contents.writePrompt(body)));
  for (const [index, { fingerprint, messages }] of bodies.entries()) {
    const job = { jobId, fingerprint, promptChunks: chunks[index] } as JobRow;
    expect(await ledger.contents.readPrompt(job)).toEqual(messages);
  }
});

test("an answer of which any part has expired is no answer; a prompt that is gone is an error", async () => {
  const jobId = newJobId();
  const text = randomBytes(800_000).toString("base64");
  const chunks = await ledger.contents.writeResult({ jobId, attempt: 1, text, expiresAt: EXPIRES_AT });
  // One chunk more than there is stands for one that the time to live took.
  expect(await ledger.contents.readResult(await answered(jobId, chunks + 1))).toBeNull();
  const job = await jobWithPrompt("hello");
  await expect(ledger.contents.readPrompt({ ...job, promptChunks: 2 })).rejects.toMatchObject({
    code: "ROW_INVALID",
  });
});

test("a settled call whose answer could not be stored has none to read", async () => {
  const jobId = newJobId();
  await ledger.attempts.intend(newIntent({ jobId }));
  const { resultChunks: _, ...settlement } = settlementOf(1n);
  await ledger.attempts.settle(newIntent({ jobId }), settlement);
  const row = (await ledger.attempts.read(jobId, 1)) as AttemptRow;
  expect(await ledger.contents.readResult(row)).toBeNull();
});
