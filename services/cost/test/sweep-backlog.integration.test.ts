import { watchLeaks } from "@switchyard/testkit";
import { afterAll, beforeEach, expect, test } from "vitest";
import { STALE_MS, START, usingWorld, type World } from "./support.ts";

afterAll(watchLeaks());

/** More than any time below. */
const WAIT_MS = 30 * STALE_MS;
const DEADLINE_AT = START + 86_400_000;

let world: World;

beforeEach(async () => {
  world = await usingWorld();
  world.clock.waitMs = WAIT_MS;
  return () => world[Symbol.asyncDispose]();
});

/** Who is summoned, and to what, when the clock has moved to that time. */
async function sweptAt(ms: number): Promise<string[]> {
  world.clock.now = START + ms;
  world.summoned.length = 0;
  await world.sweep();
  return world.summoned.map(({ stage, message }) => `${stage} ${message.jobId}`);
}

/** Jobs that only wait their turn, and that the sweeper has found to. */
async function backlog(): Promise<void> {
  await Promise.all(Array.from({ length: 30 }, () => world.job({ deadlineAt: DEADLINE_AT })));
}

test("rows that wait behind others are looked at once, and again when their turn should have come", async () => {
  await backlog();
  expect(await sweptAt(STALE_MS)).toHaveLength(30);
  expect(await sweptAt(STALE_MS + WAIT_MS)).toEqual([]);
  expect(await sweptAt(2 * STALE_MS + WAIT_MS)).toHaveLength(30);
});

test("a job that expires beside a backlog does so at its deadline", async () => {
  await backlog();
  const job = await world.job({ deadlineAt: START + 3 * STALE_MS });
  await sweptAt(STALE_MS);
  expect(await sweptAt(3 * STALE_MS)).toEqual([]);
  expect(await sweptAt(3 * STALE_MS + 1)).toEqual([`settle ${job.jobId}`]);
});

test("a lease that lapses beside a backlog is seen to a second later", async () => {
  await backlog();
  const { job, attempt } = await world.calling({ deadlineAt: DEADLINE_AT });
  await sweptAt(STALE_MS);
  const lapsesAt = attempt.leaseUntil - START + 1_000;
  expect(await sweptAt(lapsesAt - 1)).toEqual([]);
  expect(await sweptAt(lapsesAt)).toEqual([`invoke ${job.jobId}`]);
});

test("a cancelled job has no patience for the backlog", async () => {
  await backlog();
  const job = await world.job({ deadlineAt: DEADLINE_AT });
  await world.ledger.jobs.cancel(job);
  await sweptAt(STALE_MS);
  expect(await sweptAt(2 * STALE_MS)).toEqual([`settle ${job.jobId}`]);
});
