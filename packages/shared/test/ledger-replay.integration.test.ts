import { watchLeaks } from "@switchyard/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { JobRow } from "../src/ledger/index.ts";
import { promptKey } from "../src/ledger/keys.ts";
import {
  acceptedJob,
  DECISION,
  newIntent,
  newJobId,
  settlementOf,
  type TestLedger,
  usingLedger,
} from "./support.ts";

afterAll(watchLeaks());

const NOW = 1_900_000_000_000;
let ledger: TestLedger;

beforeAll(async () => {
  ledger = await usingLedger({ now: () => NOW });
});
afterAll(() => ledger[Symbol.asyncDispose]());

/** A job that was called once and failed: it has all that a generation leaves behind, and no attention. */
async function failedJob(): Promise<JobRow> {
  const classified = await ledger.jobs.classified(await acceptedJob(ledger), DECISION, {
    modelId: "sim-small",
  });
  const claim = { claimId: "mine", claimUntil: NOW + 1 };
  const claimed = (await ledger.jobs.claim(classified as JobRow, claim)) as JobRow;
  await ledger.attempts.intend(newIntent({ jobId: claimed.jobId }));
  await ledger.attempts.settle(newIntent({ jobId: claimed.jobId }), settlementOf(7n));
  const failure = { code: "RESULT_LOST", message: "lost" };
  const end = { status: "failed" as const, failure, costPicoUsd: 7n, baselinePicoUsd: 9n, counted: [1] };
  return (await ledger.jobs.end(claimed, end)) as JobRow;
}

const terms = (job: JobRow) => ({ request: job.request, deadlineAt: NOW + 60_000, attentionAt: NOW - 1 });

test("a replay drops what the last generation decided, and keeps its calls, their numbers and their cost", async () => {
  const failed = await failedJob();
  const replayed = (await ledger.jobs.replay(failed, terms(failed))) as JobRow;
  for (const name of ["decision", "modelId", "failure", "claimId", "claimUntil", "baselinePicoUsd"]) {
    expect(replayed).not.toHaveProperty(name);
  }
  expect(replayed).toMatchObject({
    generation: 2,
    attempts: 1,
    costPicoUsd: 7n,
    counted: [1],
    replayed: { atMs: NOW, attemptsBefore: 1 },
  });
  const view = await ledger.jobs.view(failed.jobId);
  expect(view?.job).toEqual(replayed);
  expect(view?.attempts).toMatchObject([{ n: 1, generation: 1, costPicoUsd: 7n }]);
  const claim = { claimId: "again", claimUntil: NOW + 1 };
  expect(await ledger.jobs.claim(replayed, claim)).toMatchObject({ attempts: 2, generation: 2 });
});

test("a replayed job has the sweeper's attention again, which its end had taken away", async () => {
  const failed = await failedJob();
  const due = async () => (await ledger.jobs.due(NOW, 200)).jobIds.includes(failed.jobId);
  expect(await due()).toBe(false);
  await ledger.jobs.replay(failed, terms(failed));
  expect(await due()).toBe(true);
});

test("of twenty replays and discards at once, one happens", async () => {
  const failed = await failedJob();
  const moves = await Promise.all(
    Array.from({ length: 20 }, (_, n) =>
      n % 2 === 0 ? ledger.jobs.replay(failed, terms(failed)) : ledger.jobs.discard(failed, "no"),
    ),
  );
  expect(moves.filter((row) => row !== null)).toHaveLength(1);
});

const seconds = (ms: number) => Math.ceil(ms / 1_000);

async function withPrompt(expiresAt: number): Promise<JobRow> {
  const jobId = newJobId();
  const fingerprint = "f".repeat(64);
  const messages = [{ role: "user" as const, content: "keep me" }];
  const promptChunks = await ledger.contents.writePrompt({ jobId, fingerprint, messages, expiresAt });
  return acceptedJob(ledger, { jobId, fingerprint, promptChunks });
}

const storedUntil = async ({ jobId, fingerprint }: JobRow) =>
  (await ledger.store.get(promptKey(jobId, fingerprint, 0)))?.["expiresAt"];

test("a prompt is kept for longer, never for less", async () => {
  const job = await withPrompt(seconds(NOW) + 10);
  for (const [asked, kept] of [
    [100, 100],
    [50, 100],
  ] as const) {
    const until = { expiresAt: seconds(NOW) + asked, nowMs: NOW };
    expect(await ledger.contents.keepPrompt(job, until)).toBe(true);
    expect(await storedUntil(job)).toBe(seconds(NOW) + kept);
  }
  expect(await ledger.contents.readPrompt(job)).toEqual([{ role: "user", content: "keep me" }]);
});

test("a prompt whose time has passed is not kept, though it is still there, nor one that is gone", async () => {
  const until = { expiresAt: seconds(NOW) + 100, nowMs: NOW };
  const over = await withPrompt(seconds(NOW));
  expect(await ledger.contents.keepPrompt(over, until)).toBe(false);
  expect(await storedUntil(over)).toBe(seconds(NOW));
  expect(await ledger.contents.keepPrompt(await acceptedJob(ledger), until)).toBe(false);
});
