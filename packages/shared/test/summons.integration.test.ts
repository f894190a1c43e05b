import { type RunningRedis, startRedis, testRedis, waitFor, watchLeaks } from "@switchyard/testkit";
import { afterAll, afterEach, beforeEach, describe, expect, test } from "vitest";
import { connect, openSummoner } from "../src/queues/index.ts";
import { type LossyRedis, startLossyRedis } from "./lossy-redis.ts";
import { summons, type TestQueues, usingQueues, waitingLists } from "./queue-support.ts";
import { usageOf } from "./support.ts";

afterAll(watchLeaks());

describe("a summons", () => {
  let way: LossyRedis;
  let queues: TestQueues;

  beforeEach(async () => {
    const redis = await testRedis();
    way = await startLossyRedis(redis.url);
    queues = await usingQueues({ via: way.url });
    // The queue asks for Redis's version when it is first used; that is not the add under test.
    for (const stage of ["classify", "settle"] as const) await queues.summoner.summon(stage, summons());
    await queues.look("settle").obliterate();
    return async () => {
      way.release();
      await queues[Symbol.asyncDispose]();
      await way.close();
      await redis.stop();
    };
  });

  test("resolves only after Redis has acknowledged it", async () => {
    way.hold();
    let isResolved = false;
    const summoned = queues.summoner.summon("settle", summons()).then(() => {
      isResolved = true;
    });
    // Several round trips over another connection: an early answer would have had the time to arrive.
    const settle = queues.look("settle");
    await waitFor(async () => (await settle.getWaitingCount()) === 1);
    for (let look = 0; look < 20; look += 1) await settle.getWaitingCount();
    expect(isResolved).toBe(false);
    way.release();
    await summoned;
  });

  test("goes alone when nothing is in flight, and with the others that came meanwhile", async () => {
    const settle = queues.look("settle");
    const [first, ...rest] = Array.from({ length: 5 }, () => summons());
    way.hold();
    const added = [queues.summoner.summon("settle", first as ReturnType<typeof summons>)];
    await waitFor(async () => (await settle.getWaitingCount()) === 1);
    added.push(...rest.map((message) => queues.summoner.summon("settle", message)));
    expect(await waitingLists(settle)).toEqual([[first]]);
    way.release();
    await Promise.all(added);
    expect(await waitingLists(settle)).toEqual([[first], rest]);
    await queues.summoner.summon("settle", summons());
    expect((await waitingLists(settle)).map((list) => list.length)).toEqual([1, 4, 1]);
  });

  test("of a crowd goes in lists of at most a hundred, and none is left out", async () => {
    const crowd = Array.from({ length: 250 }, () => summons());
    await Promise.all(crowd.map((message) => queues.summoner.summon("settle", message)));
    const lists = await waitingLists(queues.look("settle"));
    expect(lists.map((list) => list.length)).toEqual([100, 100, 50]);
    expect(lists.flat()).toEqual(crowd);
  });

  test("to invoke has a queue job of its own in its model's queue, however many come at once", async () => {
    const crowd = Array.from({ length: 30 }, () => ({ ...summons(), modelId: "sim-small" }));
    await Promise.all(crowd.map((message) => queues.summoner.summon("invoke", message)));
    const lists = await waitingLists(queues.look("invoke.sim-small"));
    expect(lists).toEqual(crowd.map((message) => [message]));
  });

  test("given twice is one queue job; once that has finished, it can be given again", async () => {
    const settle = queues.look("settle");
    const message = summons();
    for (let round = 0; round < 3; round += 1) await queues.summoner.summon("settle", message);
    expect(await waitingLists(settle)).toEqual([[message]]);
    const [job] = await settle.getWaiting();
    await job?.remove();
    await queues.summoner.summon("settle", message);
    expect(await waitingLists(settle)).toEqual([[message]]);
  });

  test("twice in one list is there once, and the one with facts of the call wins", async () => {
    const bare = summons();
    const facts = { n: 1, usage: usageOf(1, 1), providerRequestId: null };
    const full = { ...bare, attempt: facts };
    const first = summons();
    const all = [first, bare, full, bare].map((message) => queues.summoner.summon("settle", message));
    await Promise.all(all);
    expect(await waitingLists(queues.look("settle"))).toEqual([[first, full]]);
  });

  test("with facts of two calls of one job loses neither", async () => {
    const bare = summons();
    const facts = { usage: usageOf(1, 1), providerRequestId: null };
    const both = [1, 2].map((n) => ({ ...bare, attempt: { ...facts, n } }));
    const first = summons();
    await Promise.all([first, bare, ...both].map((message) => queues.summoner.summon("settle", message)));
    const lists = await waitingLists(queues.look("settle"));
    expect(lists.flat()).toEqual(expect.arrayContaining(both));
    expect(lists.flat()).toHaveLength(3);
  });

  test("with facts is another queue job than a bare one, which may be in hand just now", async () => {
    const bare = summons();
    const full = { ...bare, attempt: { n: 1, usage: usageOf(1, 1), providerRequestId: null } };
    await queues.summoner.summon("settle", bare);
    await queues.summoner.summon("settle", full);
    expect(await waitingLists(queues.look("settle"))).toEqual([[bare], [full]]);
  });

  test("whose reply was cut off after the add is one queue job", async () => {
    const message = summons();
    way.cutAtNextReply();
    // Sent again by itself or refused and repeated by its caller: it is the same queue job either way.
    await queues.summoner.summon("settle", message).catch(() => {});
    expect(way.cuts()).toBe(1);
    await waitFor(() => queues.summoner.summon("settle", message).then(() => true));
    expect(await waitingLists(queues.look("settle"))).toEqual([[message]]);
  });

  test("never holds more than ids and small facts: what is too large is refused, not stored", async () => {
    const large = { ...summons(), modelId: "m".repeat(70_000) };
    await expect(queues.summoner.summon("classify", large as never)).rejects.toMatchObject({
      code: "QUEUE_UNAVAILABLE",
    });
  });
});

describe("with Redis away, a summons", () => {
  let redis: RunningRedis;
  let queues: TestQueues;

  beforeEach(async () => {
    redis = await startRedis();
    queues = await usingQueues({ url: redis.url });
  });
  afterEach(async () => {
    await redis.kill("SIGCONT");
    await queues[Symbol.asyncDispose]();
    await redis.stop();
  });

  async function expectRefusedInTime(summoned: Promise<void>): Promise<void> {
    const startMs = performance.now();
    await expect(summoned).rejects.toMatchObject({ code: "QUEUE_UNAVAILABLE", isRetriable: true });
    expect(performance.now() - startMs).toBeLessThan(2_500);
  }

  test("is refused within two seconds while Redis is frozen, and is there once after it thaws", async () => {
    const message = summons();
    await queues.summoner.summon("settle", summons());
    await redis.kill("SIGSTOP");
    await expectRefusedInTime(queues.summoner.summon("settle", message));
    await redis.kill("SIGCONT");
    await waitFor(() => queues.summoner.summon("settle", message).then(() => true));
    const lists = await waitingLists(queues.look("settle"));
    expect(lists.flat().filter((item) => (item as typeof message).jobId === message.jobId)).toHaveLength(1);
  });

  test("into a queue never used before is refused in time too, and works as soon as Redis does", async () => {
    await redis.kill("SIGSTOP");
    const message = { ...summons(), modelId: "sim-new" };
    await expectRefusedInTime(queues.summoner.summon("invoke", message));
    await redis.kill("SIGCONT");
    await waitFor(() => queues.summoner.summon("invoke", message).then(() => true));
    expect(await waitingLists(queues.look("invoke.sim-new"))).toEqual([[message]]);
  });

  test("is refused at once while Redis is down, also the first one, and works when it is back", async () => {
    await queues.summoner.summon("settle", summons());
    await redis.kill("SIGKILL");
    await waitFor(() => queues.redis.status !== "ready");
    await expectRefusedInTime(queues.summoner.summon("settle", summons()));
    await expectRefusedInTime(queues.summoner.summon("classify", summons()));
    await redis.restart();
    const startMs = performance.now();
    for (const stage of ["settle", "classify"] as const)
      await waitFor(() => queues.summoner.summon(stage, summons()).then(() => true));
    // B38: the connection's own curve comes back about a second after Redis does.
    expect(performance.now() - startMs).toBeLessThan(3_000);
  });

  test("through a summoner that was opened while Redis was down works as soon as it is up", async () => {
    await redis.kill("SIGKILL");
    const late = connect(redis.url, "producer");
    const summoner = openSummoner(late, queues.prefix);
    await expectRefusedInTime(summoner.summon("settle", summons()));
    await redis.restart();
    await waitFor(() => summoner.summon("settle", summons()).then(() => true));
    await summoner.close();
    late.disconnect();
  });
});
