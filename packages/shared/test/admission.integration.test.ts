import { startRedis, watchLeaks } from "@switchyard/testkit";
import { afterAll, afterEach, beforeEach, expect, test } from "vitest";
import { aCall, account, aModel, type TestAdmission, usingAdmission } from "./admission-support.ts";

afterAll(watchLeaks());

let admission: TestAdmission;

beforeEach(async () => {
  admission = await usingAdmission();
});
afterEach(() => admission[Symbol.asyncDispose]());

test("a call must fit the model and the account, and one that does not is charged to neither", async () => {
  const scopes = [
    aModel({ inFlight: 1 }),
    account({ inFlight: 3, requestsPerMinute: 60, tokensPerMinute: 600 }),
  ];
  const [small, provider] = scopes as [ReturnType<typeof aModel>, ReturnType<typeof account>];
  expect(await admission.admitted(5, [small, provider])).toBe(1);
  const charged = await admission.redis.mget(
    admission.keyOf(provider, "requests"),
    admission.keyOf(provider, "tokens"),
  );
  expect(await admission.admit(aCall(scopes))).toMatchObject({ admitted: false, limit: "in_flight" });
  expect(
    await admission.redis.mget(admission.keyOf(provider, "requests"), admission.keyOf(provider, "tokens")),
  ).toEqual(charged);
  expect(await admission.admitted(5, [aModel({}, "other"), provider])).toBe(2);
});

test("a refusal says which limit, and a wait that is no longer than until the next has room", async () => {
  // A burst of 5, then one every 625 ms.
  const scope = account({ requestsPerMinute: 100 });
  expect(await admission.admitted(5, [scope])).toBe(5);
  const answer = await admission.admit(aCall([scope]));
  expect(answer).toMatchObject({ admitted: false, limit: "requests" });
  if (!answer.admitted) expect(answer.retryAfterMs).toBeGreaterThan(0);
  if (!answer.admitted) expect(answer.retryAfterMs).toBeLessThan(625 * 1.1 + 2);
  const asksAgain = async () => (await admission.admit(aCall([scope]))).admitted;
  await expect.poll(asksAgain, { timeout: 10_000 }).toBe(true);
});

test("those who wait for the same instant come apart by a tenth of the wait", async () => {
  const scope = account();
  await admission.hold(scope, 40_000);
  const ask = async () => {
    const answer = await admission.admit(aCall([scope]));
    return answer.admitted ? 0 : answer.retryAfterMs;
  };
  const waits = await Promise.all(Array.from({ length: 100 }, ask));
  expect(Math.min(...waits)).toBeGreaterThan(30_000);
  expect(Math.max(...waits)).toBeLessThanOrEqual(44_000);
  expect(new Set(waits).size).toBeGreaterThan(50);
});

test("calls in flight never pass the limit, however many ask", async () => {
  const scope = account({ inFlight: 5 });
  const admitters = await Promise.all(Array.from({ length: 16 }, () => admission.another()));
  let inFlight = 0;
  let most = 0;
  let calls = 0;
  await Promise.all(
    admitters.map(async (each) => {
      for (let round = 0; round < 60; round += 1) {
        const call = aCall([scope]);
        if (!(await each.admit(call)).admitted) continue;
        inFlight += 1;
        calls += 1;
        most = Math.max(most, inFlight);
        await each.renew(call);
        inFlight -= 1;
        await each.release(call);
      }
    }),
  );
  expect(most).toBe(5);
  expect(calls).toBeGreaterThan(100);
});

test("tokens are what the call used once that is known: less leaves room, more is owed", async () => {
  const scope = account({ tokensPerMinute: 60_000 });
  const full = aCall([scope], { tokens: 3_000 });
  expect(await admission.admit(full)).toEqual({ admitted: true });
  const next = aCall([scope], { tokens: 2_500 });
  expect(await admission.admit(next)).toMatchObject({ admitted: false, limit: "tokens" });
  await admission.release(full, 100);
  expect(await admission.admit(next)).toEqual({ admitted: true });
  await admission.release(next, 9_000);
  const answer = await admission.admit(aCall([scope]));
  // 6,100 tokens over a burst of 3,000, at 57,001 a minute.
  if (!answer.admitted) expect(answer.retryAfterMs).toBeGreaterThan(5_500);
  expect(answer).toMatchObject({ admitted: false, limit: "tokens" });
});

test("a call larger than the burst is made when nothing is owed, and is paid off after it", async () => {
  const scope = account({ tokensPerMinute: 1_000 });
  const large = aCall([scope], { tokens: 5_000 });
  const small = aCall([scope], { tokens: 40 });
  expect(await admission.admit(small)).toEqual({ admitted: true });
  expect(await admission.admit(large)).toMatchObject({ admitted: false, limit: "tokens" });
  await admission.release(small, 0);
  expect(await admission.admit(large)).toEqual({ admitted: true });
  const answer = await admission.admit(aCall([scope]));
  if (!answer.admitted) expect(answer.retryAfterMs).toBeGreaterThanOrEqual(60_000);
  expect(answer.admitted).toBe(false);
});

test("a hold is honoured over every connection, with and without limits, and by no other account", async () => {
  const [held, other] = [account(), account({ inFlight: 9 }, "other")];
  const another = await admission.another();
  await admission.hold(held, 60_000);
  await another.hold(held, 1_000);
  for (const each of [admission, another]) {
    for (const model of ["a", "b"]) {
      const answer = await each.admit(aCall([aModel({}, model), held]));
      expect(answer).toMatchObject({ admitted: false, limit: "hold" });
      // The longer hold counts, and no two come back at the same moment.
      if (!answer.admitted) expect(answer.retryAfterMs).toBeGreaterThan(59_000);
    }
    expect(await each.admit(aCall([aModel({}, "a"), other]))).toEqual({ admitted: true });
  }
  const brief = account({}, "brief");
  await admission.hold(brief, 500);
  expect((await admission.admit(aCall([brief]))).admitted).toBe(false);
  await expect
    .poll(async () => (await another.admit(aCall([brief]))).admitted, { timeout: 10_000 })
    .toBe(true);
});

test("without limits nothing stays in Redis", async () => {
  const call = aCall([aModel(), account()]);
  expect(await admission.admit(call)).toEqual({ admitted: true });
  await admission.renew(call);
  await admission.release(call, 5);
  expect(await admission.redis.keys(`${admission.prefix}*`)).toEqual([]);
});

test("while Redis cannot be asked nothing is admitted; one that lost its data learns of the calls on the wire", async () => {
  const own = await startRedis();
  await using outage = await usingAdmission(own.url);
  const scope = account({ inFlight: 2, tokensPerMinute: 20_000 });
  const call = aCall([scope], { tokens: 1_000 });
  expect(await outage.admit(call)).toEqual({ admitted: true });
  await own.kill("SIGKILL");
  await expect(outage.admit(aCall([scope]))).rejects.toMatchObject({
    code: "QUEUE_UNAVAILABLE",
    isRetriable: true,
  });
  await expect(outage.admit(aCall([account()]))).rejects.toMatchObject({ code: "QUEUE_UNAVAILABLE" });
  await own.restart();
  const isRenewed = () =>
    outage.renew(call).then(
      () => true,
      () => false,
    );
  await expect.poll(isRenewed, { timeout: 10_000 }).toBe(true);
  expect(await outage.admit(aCall([scope], { tokens: 900 }))).toEqual({ admitted: true });
  expect(await outage.admitted(3, [scope])).toBe(0);
  // What that Redis never charged is not given back either.
  const owed = await outage.redis.get(outage.keyOf(scope, "tokens"));
  await outage.release(call, 0);
  expect(owed).not.toBeNull();
  expect(await outage.redis.get(outage.keyOf(scope, "tokens"))).toBe(owed);
  expect(await outage.admitted(3, [scope])).toBe(1);
  await own.stop();
});
