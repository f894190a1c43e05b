import { type JobRow, verdictOf } from "@switchyard/shared/ledger";
import { watchLeaks } from "@switchyard/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { usingWorld, type World } from "./support.ts";

afterAll(watchLeaks());

let world: World;
beforeAll(async () => {
  world = await usingWorld();
});
afterAll(() => world[Symbol.asyncDispose]());

const TO_DEADLINE_MS = 3_000;

/** A job, and a clock that can be moved past its deadline. */
async function waitingJob() {
  const clock = { now: Date.now() };
  const deadlineAt = clock.now + TO_DEADLINE_MS;
  const job = await world.job({ deadlineAt });
  const pass = () => {
    clock.now = deadlineAt;
  };
  return { job, pass, deadlineAt, now: () => clock.now };
}

async function expectExpired(job: JobRow, deadlineAt: number): Promise<void> {
  expect(verdictOf(await world.view(job), deadlineAt)).toEqual({ end: "expired" });
  expect(world.billed(job)).toEqual([]);
}

test("a deadline that passes while the limits hold a job ends it without a call or a row", async () => {
  const { job, pass, deadlineAt, now } = await waitingJob();
  const limits = { requestsPerMinute: null, tokensPerMinute: null, inFlight: 1 };
  const model = { ...world.model, limits };
  const scope = { kind: "model" as const, id: model.id, limits };
  const { admission } = world;
  await admission.admit({ reservationId: "other", scopes: [scope], tokens: 1, leaseMs: 60_000 });
  await expect(world.run(job, { model, admission, now })).rejects.toMatchObject({ code: "LIMIT_REACHED" });
  pass();
  expect(await world.run(job, { model, admission, now })).toEqual({
    version: 1,
    jobId: job.jobId,
    generation: 1,
  });
  expect((await world.view(job)).attempts).toEqual([]);
  await expectExpired(job, deadlineAt);
});

test("a deadline that passes between a claim and its call is in time: nothing is sent, the attempt is void", async () => {
  const { job, pass, deadlineAt, now } = await waitingJob();
  const { attempts } = world.ledger;
  const ledger = {
    ...world.ledger,
    attempts: {
      ...attempts,
      intend(intent: Parameters<typeof attempts.intend>[0]) {
        pass();
        return attempts.intend(intent);
      },
    },
  };
  await expect(world.run(job, { ledger, now })).rejects.toMatchObject({ code: "ROW_CONFLICT" });
  expect((await world.view(job)).attempts).toMatchObject([{ n: 1, state: "void" }]);
  expect(await world.run(job, { now })).toMatchObject({ jobId: job.jobId });
  await expectExpired(job, deadlineAt);
});

test("a deadline that passes between two attempts allows no second one", async () => {
  const { job, pass, deadlineAt, now } = await waitingJob();
  await world.run(job, { providerModel: "fault-503", now }).catch(() => {});
  const [first] = (await world.view(job)).attempts;
  expect(first).toMatchObject({ n: 1, state: "void" });
  const sent = world.billed(job).length;
  pass();
  expect(await world.run(job, { now })).toMatchObject({ jobId: job.jobId });
  expect((await world.view(job)).attempts).toEqual([first]);
  expect(world.billed(job)).toHaveLength(sent);
  expect(verdictOf(await world.view(job), deadlineAt)).toEqual({ end: "expired" });
});

test("a deadline that passes during a call cuts it not: the answer is paid for, and the job succeeds", async () => {
  const { job, pass, deadlineAt, now } = await waitingJob();
  const given: number[] = [];
  const client: World["client"] = {
    ...world.client,
    async complete(call) {
      given.push(call.timeoutMs);
      const answer = await world.client.complete(call);
      pass();
      return answer;
    },
  };
  await world.run(job, { client, now, timeoutMs: 2 * TO_DEADLINE_MS });
  expect(given).toEqual([2 * TO_DEADLINE_MS]);
  expect(world.billed(job)).toHaveLength(1);
  expect(verdictOf(await world.view(job), deadlineAt)).toEqual({ end: "succeeded", resultAttempt: 1 });
});
