import { watchLeaks } from "@switchyard/testkit";
import fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import { bucket } from "../src/queues/admission-bucket.ts";
import { aCall, account, type TestAdmission, usingAdmission } from "./admission-support.ts";

afterAll(watchLeaks());

const LIMITS = { inFlight: 3, requestsPerMinute: 100_000, tokensPerMinute: 60_000_000 };
const RESERVED = 1_000;
const [US_PER_TOKEN] = bucket(LIMITS.tokensPerMinute);
type Scope = ReturnType<typeof account>;

const anyStep = fc.record({
  do: fc.constantFrom("admit", "admit", "release", "renew", "lapse"),
  id: fc.constantFrom("a", "b", "c", "d", "e"),
  used: fc.option(fc.integer({ min: 0, max: 3 * RESERVED }), { nil: undefined }),
});

/** What Redis holds of a scope. */
async function stateOf({ redis, keyOf }: TestAdmission, scope: Scope) {
  const [requests, tokens] = await redis.mget(keyOf(scope, "requests"), keyOf(scope, "tokens"));
  return { requests, tokens, held: await redis.zrange(keyOf(scope, "in-flight"), "0", "-1") };
}

type State = Awaited<ReturnType<typeof stateOf>>;

/** A bucket that is full again is gone; one that was charged or credited has another value. */
function expectSameBuckets(before: State, after: State): void {
  for (const bucketName of ["requests", "tokens"] as const)
    expect([before[bucketName], null]).toContain(after[bucketName]);
}

/** P3: a slot is held at most once, by at most as many as the limit says, and given back at most once. */
test("whatever is admitted, repeated, renewed, released and lapses in any order: slots are held once and freed once", async () => {
  await using admission = await usingAdmission();
  const { redis, prefix } = admission;
  let run = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(anyStep, { maxLength: 25 }), async (steps) => {
      run += 1;
      const scope = account(LIMITS, `account-${run}`);
      const call = (id: string) => aCall([scope], { reservationId: `${run}-${id}`, tokens: RESERVED });
      const held = new Set<string>();
      /** Kept as taken, or as released, until it lapses. */
      const known = new Map<string, "taken" | "released">();
      let mostOwed = 0;
      for (const step of steps) {
        const { reservationId } = call(step.id);
        const before = await stateOf(admission, scope);
        const was = known.get(reservationId);
        if (step.do === "admit") {
          const { admitted } = await admission.admit(call(step.id));
          expect(admitted).toBe(was !== undefined || held.size < LIMITS.inFlight);
          if (was !== undefined || !admitted) expectSameBuckets(before, await stateOf(admission, scope));
          else {
            known.set(reservationId, "taken");
            held.add(reservationId);
            mostOwed += RESERVED;
          }
        } else if (step.do === "release") {
          await admission.release(call(step.id), step.used);
          held.delete(reservationId);
          const after = await stateOf(admission, scope);
          if (was === "taken") {
            known.set(reservationId, "released");
            mostOwed += Math.max(0, (step.used ?? RESERVED) - RESERVED);
          } else expectSameBuckets(before, after);
        } else if (step.do === "renew" && was === "taken") {
          await admission.renew(call(step.id));
          held.add(reservationId);
        } else if (step.do === "lapse") {
          // What time does.
          await redis.del(`${prefix}:admission:reservation:${reservationId}`);
          if (held.delete(reservationId))
            await redis.zadd(admission.keyOf(scope, "in-flight"), "XX", 1, reservationId);
          known.delete(reservationId);
          await redis.zremrangebyscore(admission.keyOf(scope, "in-flight"), "-inf", 1);
        }
        const after = await stateOf(admission, scope);
        expect([...after.held].sort()).toEqual([...held].sort());
        expect(after.held.length).toBeLessThanOrEqual(LIMITS.inFlight);
        const [seconds, micros] = (await redis.time()).map(Number) as [number, number];
        const owedUs = Number(after.tokens ?? 0) - (seconds * 1_000_000 + micros);
        expect(owedUs).toBeLessThanOrEqual(mostOwed * US_PER_TOKEN + 25);
      }
    }),
    { numRuns: 100 },
  );
}, 120_000);

test("an admission that is asked for again, also at the same time, is the same one", async () => {
  await using admission = await usingAdmission();
  const another = await admission.another();
  const scope = account({ inFlight: 2, requestsPerMinute: 40, tokensPerMinute: 1_000 });
  const call = aCall([scope], { tokens: 20 });
  const answers = await Promise.all(
    Array.from({ length: 10 }, (_, index) => (index % 2 === 0 ? admission : another).admit(call)),
  );
  expect(answers).toEqual(Array(10).fill({ admitted: true }));
  expect((await stateOf(admission, scope)).held).toEqual([call.reservationId]);
  // A burst of two requests has one left, and of 50 tokens 30.
  expect(await admission.admit(aCall([scope], { tokens: 30 }))).toEqual({ admitted: true });
  await admission.release(call, 0);
  const released = await stateOf(admission, scope);
  for (let round = 0; round < 3; round += 1) {
    await another.release(call, 0);
    await another.renew(call);
    await another.admit(call);
  }
  expect(await stateOf(admission, scope)).toEqual(released);
});
