import { watchLeaks } from "@switchyard/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { JobRow } from "../src/ledger/index.ts";
import { acceptedJob, DECISION, newJob, type TestLedger, usingLedger } from "./support.ts";

afterAll(watchLeaks());

const FAILURE = { code: "PROVIDER_REFUSED", message: "no" };
const HELD = { reason: "budget_exceeded", budgetId: "team", isOwn: true, resumeAt: 5 } as const;
const NOW = 1_900_000_000_000;
let ledger: TestLedger;

beforeAll(async () => {
  ledger = await usingLedger({ now: () => NOW });
});
afterAll(() => ledger[Symbol.asyncDispose]());

describe("a held job", () => {
  const ENDED = { status: "expired" as const, costPicoUsd: 0n, counted: [] };
  test.each<[string, (job: JobRow) => Promise<JobRow | null>]>([
    ["its next claim", (job) => ledger.jobs.claim(job, { claimId: "mine", claimUntil: NOW + 1 })],
    ["whoever gives it up", (job) => ledger.jobs.fail(job, FAILURE)],
    ["its end", (job) => ledger.jobs.end(job, ENDED)],
  ])("is let go by %s", async (_, move) => {
    const held = (await ledger.jobs.hold(await acceptedJob(ledger), HELD)) as JobRow;
    expect((await ledger.jobs.read(held.jobId))?.held).toEqual(HELD);
    expect(await move(held)).not.toHaveProperty("held");
    expect(await ledger.jobs.read(held.jobId)).not.toHaveProperty("held");
  });
});

test("what is reserved for a job is of one generation, and known better with every decision", async () => {
  const { jobs } = ledger;
  const accepted = (await jobs.accept({ ...newJob(), reservedPicoUsd: 2n ** 60n })) as JobRow;
  const choice = { modelId: "sim-small", reservedPicoUsd: 7n };
  const classified = (await jobs.classified(accepted, DECISION, choice)) as JobRow;
  expect((await jobs.read(accepted.jobId))?.reservedPicoUsd).toBe(7n);
  const end = { status: "failed" as const, costPicoUsd: 0n, counted: [] };
  const again = { request: newJob().request, deadlineAt: NOW + 9, attentionAt: NOW + 8 };
  const ended = (await jobs.end(classified, end)) as JobRow;
  const replayed = (await jobs.replay(ended, { ...again, reservedPicoUsd: 9n })) as JobRow;
  expect((await jobs.read(accepted.jobId))?.reservedPicoUsd).toBe(9n);
  const endedAgain = (await jobs.end(replayed, end)) as JobRow;
  await jobs.replay(endedAgain, again);
  expect(await jobs.read(accepted.jobId)).not.toHaveProperty("reservedPicoUsd");
});
