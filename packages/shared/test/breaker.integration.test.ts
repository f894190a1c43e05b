import { watchLeaks } from "@switchyard/testkit";
import fc from "fast-check";
import { afterAll, afterEach, beforeEach, expect, test } from "vitest";
import type { Admission, CallVerdict, Reservation } from "../src/queues/index.ts";
import { aCall, account, aModel, type TestAdmission, usingAdmission } from "./admission-support.ts";

afterAll(watchLeaks());

let admission: TestAdmission;

beforeEach(async () => {
  admission = await usingAdmission();
});
afterEach(() => admission[Symbol.asyncDispose]());

const MODEL = aModel();
const call = (scope = MODEL) => aCall([scope, account()]);

/** Makes a call that ends so; null when it was refused. */
async function make(verdict: CallVerdict, by: Admission = admission, scope = MODEL) {
  const reservation = call(scope);
  const answer = await by.admit(reservation);
  if (!answer.admitted) return answer;
  return by.release({ ...reservation, isProbe: answer.isProbe === true }, undefined, verdict);
}

/** What time does: the cool-down of the breaker is over. */
async function coolDown(scope = MODEL): Promise<void> {
  await admission.redis.hset(admission.keyOf(scope, "breaker"), "until", "1");
}

async function fail(times: number): Promise<unknown> {
  let last: unknown;
  for (let n = 0; n < times; n += 1) last = await make("failed");
  return last;
}

test("five failures of five calls open it, and no call of the model is admitted over any connection", async () => {
  expect(await fail(4)).toBeNull();
  expect(await make("failed")).toBe("failures");
  expect(await admission.breakers(["model", "other"])).toEqual(["failures", null]);
  const another = await admission.another();
  for (const each of [admission, another]) {
    const answer = await each.admit(call());
    expect(answer).toMatchObject({ admitted: false, limit: "breaker" });
    if (!answer.admitted) expect(answer.retryAfterMs).toBeLessThanOrEqual(1_100);
  }
  expect(await admission.admit(call(aModel({}, "other")))).toEqual({ admitted: true });
});

test("a failing share of less than half leaves it closed, however many calls fail", async () => {
  for (let round = 0; round < 40; round += 1) {
    for (const verdict of ["alive", "alive", "failed"] as const) expect(await make(verdict)).toBeNull();
  }
});

test("half of the calls failing opens it, also with successes between them", async () => {
  await make("alive");
  const turns: unknown[] = [];
  for (let round = 0; round < 20; round += 1) {
    turns.push(await make("failed"), await make("failed"), await make("alive"));
  }
  expect(turns).toContain("failures");
});

test("calls that ended long since do not keep it closed: five failures in a row open it", async () => {
  for (let round = 0; round < 50; round += 1) await make("alive");
  expect(await fail(5)).toBe("failures");
});

test("a refused key opens it at once, and withdrawn calls say nothing", async () => {
  for (let round = 0; round < 20; round += 1) expect(await make("none")).toBeNull();
  expect(await make("key_refused")).toBe("key_refused");
  expect(await admission.breakers(["model"])).toEqual(["key_refused"]);
});

test("after the cool-down one probe of sixteen processes is admitted; its success closes it for all", async () => {
  await fail(5);
  await coolDown();
  const others = await Promise.all(Array.from({ length: 16 }, () => admission.another()));
  const asked = others.map((each) => ({ each, reservation: call() }));
  const answers = await Promise.all(
    asked.map(async ({ each, reservation }) => ({
      each,
      reservation,
      answer: await each.admit(reservation),
    })),
  );
  const probes = answers.filter(({ answer }) => answer.admitted);
  expect(probes).toMatchObject([{ answer: { admitted: true, isProbe: true } }]);
  for (const { answer } of answers)
    if (!answer.admitted) expect(answer.retryAfterMs).toBeLessThanOrEqual(1_100);
  const [probe] = probes;
  const turn = await probe?.each.release({ ...probe.reservation, isProbe: true }, undefined, "alive");
  expect(turn).toBe("probe_succeeded");
  for (const each of others) expect(await each.admit(call())).toEqual({ admitted: true });
});

test("every failed probe doubles the cool-down, up to thirty seconds", async () => {
  await fail(5);
  const waits: number[] = [];
  for (let round = 0; round < 7; round += 1) {
    await coolDown();
    expect(await make("failed")).toBe("probe_failed");
    const answer = await admission.admit(call());
    if (!answer.admitted) waits.push(answer.retryAfterMs);
  }
  for (const [index, bound] of [2, 4, 8, 16, 30, 30, 30].entries()) {
    expect(waits[index]).toBeGreaterThan(bound * 500);
    expect(waits[index]).toBeLessThanOrEqual(bound * 1_100);
  }
});

test("a probe that turned out to be no call is given back, and one whose process was killed lapses", async () => {
  await fail(5);
  await coolDown();
  expect(await make("none")).toBeNull();
  const killed = aCall([MODEL], { leaseMs: 300 });
  expect(await admission.admit(killed)).toEqual({ admitted: true, isProbe: true });
  await admission.renew({ ...killed, isProbe: true });
  expect(await admission.admit(call())).toMatchObject({ admitted: false, limit: "breaker" });
  await expect
    .poll(async () => await admission.admit(call()), { timeout: 10_000 })
    .toEqual({ admitted: true, isProbe: true });
  // Whoever held it before speaks for nobody any more.
  expect(await admission.release({ ...killed, isProbe: true }, undefined, "alive")).toBeNull();
  expect(await admission.breakers(["model"])).toEqual(["failures"]);
});

test("a call may leave the probe to others, for so long after one is due", async () => {
  await fail(5);
  await admission.redis.hset(admission.keyOf(MODEL, "breaker"), "until", `${(Date.now() - 10_000) * 1_000}`);
  const patient = { ...call(), probeAfterMs: 60_000 };
  expect(await admission.admit(patient)).toMatchObject({ admitted: false, limit: "breaker" });
  expect(await admission.admit({ ...call(), probeAfterMs: 5_000 })).toEqual({
    admitted: true,
    isProbe: true,
  });
});

test("a probe must fit the limits, too", async () => {
  const scope = aModel({ inFlight: 1 });
  await admission.admit(aCall([scope]));
  await fail(5);
  await coolDown();
  expect(await admission.admit(aCall([scope]))).toMatchObject({ admitted: false, limit: "in_flight" });
  expect(await admission.admit(call())).toEqual({ admitted: true, isProbe: true });
});

test("calls that were on the wire when it opened change nothing any more", async () => {
  const late = await Promise.all(
    Array.from({ length: 4 }, async () => {
      const reservation = call();
      await admission.admit(reservation);
      return reservation;
    }),
  );
  await fail(5);
  for (const reservation of late)
    expect(await admission.release(reservation, undefined, "failed")).toBeNull();
  await coolDown();
  expect(await admission.release(late[0] as Reservation, undefined, "key_refused")).toBeNull();
  expect(await make("alive")).toBe("probe_succeeded");
});

test("a Redis that lost it admits again, and learns it again", async () => {
  await fail(5);
  await admission.redis.del(admission.keyOf(MODEL, "breaker"), admission.keyOf(MODEL, "probe"));
  expect(await fail(5)).toBe("failures");
});

const anyStep = fc.record({
  do: fc.constantFrom("admit", "admit", "admit", "end", "end", "crash", "cool", "lapse", "renew"),
  process: fc.nat({ max: 3 }),
  pick: fc.nat({ max: 20 }),
  verdict: fc.constantFrom(
    "alive" as const,
    "failed" as const,
    "failed" as const,
    "key_refused" as const,
    "none" as const,
  ),
});

test("whatever is admitted, ends, crashes, lapses and cools down in any order: never two probes, nothing through an open breaker", async () => {
  const others = await Promise.all(Array.from({ length: 4 }, () => admission.another()));
  let run = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(anyStep, { maxLength: 60 }), async (steps) => {
      run += 1;
      const scope = aModel({}, `model-${run}`);
      const open: { reservation: Reservation; process: number }[] = [];
      let probe: string | null = null;
      let state: "closed" | "open" | "half-open" = "closed";
      for (const step of steps) {
        const by = others[step.process] as Admission;
        const index = open.length === 0 ? -1 : step.pick % open.length;
        if (step.do === "admit") {
          const reservation = aCall([scope]);
          const answer = await by.admit(reservation);
          const isProbe = state === "half-open" && probe === null;
          expect(answer.admitted).toBe(state === "closed" || isProbe);
          if (!answer.admitted) continue;
          expect(answer.isProbe === true).toBe(isProbe);
          if (isProbe) probe = reservation.reservationId;
          open.push({ reservation: { ...reservation, isProbe }, process: step.process });
        } else if (step.do === "cool" && state === "open") {
          await coolDown(scope);
          state = "half-open";
        } else if (step.do === "lapse" && probe !== null) {
          await admission.redis.del(admission.keyOf(scope, "probe"));
          probe = null;
        } else if (step.do === "renew" && index >= 0) {
          await by.renew((open[index] as (typeof open)[number]).reservation);
        } else if (step.do === "crash" && index >= 0) {
          // Nobody will ever say how it ended: only its lease frees the probe.
          open.splice(index, 1);
        } else if (step.do === "end" && index >= 0) {
          const [ended] = open.splice(index, 1) as [(typeof open)[number]];
          const turn = await others[ended.process]?.release(ended.reservation, undefined, step.verdict);
          const wasProbe = ended.reservation.reservationId === probe;
          if (wasProbe) probe = null;
          if (wasProbe && state === "half-open" && step.verdict === "alive") {
            expect(turn).toBe("probe_succeeded");
            state = "closed";
          } else if (wasProbe && state === "half-open" && step.verdict !== "none") {
            expect(turn).toBe("probe_failed");
            state = "open";
          } else if (state === "closed" && step.verdict === "key_refused") {
            expect(turn).toBe("key_refused");
            state = "open";
          } else if (state === "closed" && step.verdict === "failed") {
            if (turn !== null) state = "open";
          } else expect(turn).toBeNull();
        }
      }
    }),
    { numRuns: 100 },
  );
});
