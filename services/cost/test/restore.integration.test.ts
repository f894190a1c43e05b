import { SwitchyardError } from "@switchyard/shared/errors";
import type { JobRow } from "@switchyard/shared/ledger";
import { connect, openRunMark, type RedisConnection } from "@switchyard/shared/queues";
import { type RunningRedis, startRedis, uniquePrefix, waitFor, watchLeaks } from "@switchyard/testkit";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { openRestorer, type RestoreOptions } from "../src/restore.ts";
import { startSweeper } from "../src/sweeper.ts";
import { START, usingWorld, type World } from "./support.ts";

afterAll(watchLeaks());

/** Nothing is due before it. */
const FAR = START + 900_000;

let world: World;
let server: RunningRedis;
let redis: RedisConnection;
let prefix: string;

beforeEach(async () => {
  world = await usingWorld();
  server = await startRedis({ appendonly: true });
  redis = connect(server.url, "producer");
  prefix = uniquePrefix("{restore}");
  await isReady();
  return async () => {
    redis.disconnect();
    await server.stop();
    await world[Symbol.asyncDispose]();
  };
});

const isReady = () => waitFor(() => redis.status === "ready");

function jobs(count: number): Promise<JobRow[]> {
  return Promise.all(Array.from({ length: count }, () => world.job({ attentionAt: FAR })));
}

function options(): RestoreOptions {
  return { ...world.sweeperOptions(), runMark: openRunMark(redis, prefix) };
}

/** Everybody who is summoned until there is nothing more to restore. */
async function restored(given: RestoreOptions = options()): Promise<string[]> {
  world.summoned.length = 0;
  const restorer = openRestorer(given);
  while ((await restorer.step()).isMoreDue);
  return idsSummoned();
}

const idsSummoned = () => world.summoned.map(({ message }) => message.jobId).sort();
const idsOf = (rows: readonly JobRow[]) => rows.map(({ jobId }) => jobId).sort();

describe("every job gets its summons at once, though none is due", () => {
  test("from a Redis that nobody has marked yet, and not again from the same", async () => {
    const all = await jobs(30);
    expect(await restored()).toEqual(idsOf(all));
    expect(await restored()).toEqual([]);
  });

  test.each(["wipe", "restart"] as const)("after a %s of Redis", async (loss) => {
    const all = await jobs(30);
    await restored();
    await server[loss]();
    await waitFor(() =>
      redis.ping().then(
        () => true,
        () => false,
      ),
    );
    expect(await restored()).toEqual(idsOf(all));
    expect(await restored()).toEqual([]);
  });

  test("after its data was flushed", async () => {
    const all = await jobs(30);
    await restored();
    await redis.flushall();
    expect(await restored()).toEqual(idsOf(all));
  });

  test("from a replica that has taken over with what it had", async () => {
    const all = await jobs(30);
    await restored();
    const replica = await startRedis();
    const promoted = connect(replica.url, "producer");
    await waitFor(() => promoted.status === "ready");
    await promoted.replicaof("127.0.0.1", Number(new URL(server.url).port));
    await waitFor(async () => (await promoted.keys(`${prefix}*`)).length === 1);
    await promoted.replicaof("NO", "ONE");
    expect(await restored({ ...options(), runMark: openRunMark(promoted, prefix) })).toEqual(idsOf(all));
    promoted.disconnect();
    await replica.stop();
  });
});

describe("a walk", () => {
  test("that was cut short by a death is made again from its beginning", async () => {
    const all = await jobs(40);
    const dying = openRestorer(options());
    await waitFor(async () => (await dying.step()) && world.summoned.length > 0);
    expect(world.summoned.length).toBeLessThan(40);
    expect(await restored()).toEqual(idsOf(all));
  });

  test("during which the data is lost is followed by another", async () => {
    const all = await jobs(40);
    const restorer = openRestorer(options());
    await waitFor(async () => (await restorer.step()) && world.summoned.length > 0);
    await redis.flushall();
    while ((await restorer.step()).isMoreDue);
    expect(await restored()).toEqual(idsOf(all));
  });

  test("waits for a queue that does not answer, and passes over what no summons can help", async () => {
    const all = await jobs(30);
    const failures = new Map([
      [all[0]?.jobId, [new SwitchyardError("QUEUE_UNAVAILABLE", "no Redis")]],
      [all[1]?.jobId, Array(9).fill(new Error("broken"))],
    ]);
    const given = options();
    const summoner: RestoreOptions["summoner"] = {
      ...given.summoner,
      summon(stage, message) {
        const failure = failures.get(message.jobId)?.pop();
        return failure === undefined ? given.summoner.summon(stage, message) : Promise.reject(failure);
      },
    };
    const restorer = openRestorer({ ...given, summoner });
    let pauses = 0;
    while ((await redis.get(`${prefix}:sweeper:run-id`)) === null || (await given.runMark.lostRun()) !== null)
      if (!(await restorer.step()).isMoreDue) pauses += 1;
    expect(idsSummoned()).toEqual(idsOf(all.filter((_, index) => index !== 1)));
    // One after the row that could not be summoned, one at the end.
    expect(pauses).toBe(2);
  });

  test("leaves alone what is over or on the wire, and looks at the call when its lease has lapsed", async () => {
    const over = await world.job({ attentionAt: FAR });
    await world.ledger.jobs.end(over, { status: "failed", costPicoUsd: 0n, counted: [], attentionAt: FAR });
    const { job, attempt } = await world.calling({ attentionAt: FAR });
    expect(await restored()).toEqual([]);
    expect((await world.view(job)).job.attentionAt).toBe(attempt.leaseUntil + 1_000);
    expect((await world.view(over)).job.attentionAt).toBe(FAR);
  });
});

test("the running sweeper restores what a wiped Redis has lost, and goes on sweeping", async () => {
  const all = await jobs(20);
  const sweeper = startSweeper({ ...options(), intervalMs: 20 });
  await waitFor(() => world.summoned.length === 20);
  await waitFor(async () => (await redis.get(`${prefix}:sweeper:run-id`)) !== "none");
  world.summoned.length = 0;
  await server.wipe();
  await waitFor(() => world.summoned.length >= 20);
  expect(new Set(idsSummoned())).toEqual(new Set(idsOf(all)));
  const due = await world.job({ attentionAt: START - 60_000, createdAt: START - 60_000 });
  await waitFor(() => idsSummoned().includes(due.jobId));
  expect(sweeper.problem()).toBeNull();
  await sweeper.stop();
});
