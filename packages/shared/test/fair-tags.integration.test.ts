import { testRedis, uniquePrefix, waitFor, watchLeaks } from "@switchyard/testkit";
import { Queue } from "bullmq";
import fc from "fast-check";
import type { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { PRIORITIES, type Priority } from "../src/contracts/index.ts";
import { MAX_TAG } from "../src/queues/fair-script.ts";
import { type FairTags, openFairTags } from "../src/queues/fair-tags.ts";
import { connect } from "../src/queues/index.ts";

afterAll(watchLeaks());

const UNIT = 2 ** 32;
const STEPS = { high: 1, normal: 2, low: 4 };

interface Ask {
  tenant: string;
  priority: Priority;
}

let server: Awaited<ReturnType<typeof testRedis>>;
let redis: Redis;
beforeAll(async () => {
  server = await testRedis();
  redis = connect(server.url, "worker");
});
afterAll(async () => {
  redis.disconnect();
  await server.stop();
});

/** A queue as BullMQ keeps it, to which summonses are added with their tags and from which the first is taken. */
class Line {
  readonly prefix: string = uniquePrefix("{fair}");
  readonly base: string = `${this.prefix}:line:`;
  readonly tagsOf: FairTags = openFairTags(redis, this.prefix);
  readonly queue: Queue = new Queue("line", { connection: redis, prefix: this.prefix });
  #added = 0;

  async add(...asks: Ask[]): Promise<string[]> {
    const asked = asks.map((ask) => ({
      ...ask,
      queueJobId: `${ask.tenant}-${ask.priority}-${this.#added++}`,
    }));
    const tags = await this.tagsOf("line", asked);
    await this.queue.addBulk(
      asked.map(({ queueJobId, ...data }, index) => ({
        name: "line",
        data,
        opts: { jobId: queueJobId, priority: tags[index] as number },
      })),
    );
    return asked.map(({ queueJobId }) => queueJobId);
  }

  /** What a worker would get, done at once. */
  async take(): Promise<string | undefined> {
    const [id] = await redis.zpopmin(`${this.base}prioritized`);
    if (id !== undefined) await redis.del(this.base + id);
    return id;
  }

  order(): Promise<string[]> {
    return redis.zrange(`${this.base}prioritized`, 0, "-1");
  }

  /** As if so many steps had been taken before. */
  async age(turn: number): Promise<void> {
    await redis.zadd(`${this.base}flows`, turn, "");
  }

  async turn(): Promise<number> {
    return Number(await redis.zscore(`${this.base}flows`, ""));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.queue.close();
  }
}

const flowOf = (id: string) => id.split("-").slice(0, 2).join("-");
const priorityOf = (id: string) => id.split("-")[1] as Priority;

const anAsk = fc.record({ tenant: fc.constantFrom("a", "b", "c"), priority: fc.constantFrom(...PRIORITIES) });
const steps = fc.array(
  fc.oneof(
    fc.record({ add: fc.array(anAsk, { minLength: 1, maxLength: 6 }) }),
    fc.record({ take: fc.integer({ min: 1, max: 8 }) }),
  ),
  { maxLength: 20 },
);

/** The rule of the script in the words of its authors: by exact numbers, without end. */
class Model {
  turn = 0;
  last = new Map<string, number>();
  waiting: { id: string; tag: number; n: number }[] = [];
  #n = 0;

  add(ids: readonly string[]): void {
    const head = this.waiting[0]?.tag;
    this.turn = Math.max(this.turn, head ?? Math.max(0, ...this.last.values()));
    for (const id of ids) {
      const flow = flowOf(id);
      const tag = Math.max(this.turn, this.last.get(flow) ?? 0) + STEPS[priorityOf(id)];
      this.last.set(flow, tag);
      this.waiting.push({ id, tag, n: this.#n++ });
    }
    this.waiting.sort((left, right) => left.tag - right.tag || left.n - right.n);
  }
}

describe("places in a queue", () => {
  test("are those of start-time fair queueing, also across a rebase, whatever is added and taken", async () => {
    await fc.assert(
      fc.asyncProperty(steps, fc.constantFrom(0, 2 ** 20 - 5, 2 ** 20 - 1), async (run, age) => {
        await using line = new Line();
        if (age > 0) await line.age(age);
        const model = new Model();
        for (const step of run) {
          if ("add" in step) model.add(await line.add(...step.add));
          else {
            for (let taken = 0; taken < step.take; taken += 1)
              expect(await line.take()).toBe(model.waiting.shift()?.id);
          }
          expect(await line.order()).toEqual(model.waiting.map(({ id }) => id));
          expect(await line.turn()).toBeLessThan(2 ** 20);
        }
      }),
      { numRuns: 60 },
    );
  });

  test("make nobody wait for more of another flow than its share, however long that one's backlog is", async () => {
    const backlog = fc.record({ ask: anAsk, count: fc.integer({ min: 1, max: 60 }) });
    await fc.assert(
      fc.asyncProperty(fc.array(backlog, { maxLength: 4 }), anAsk, fc.nat(30), async (others, own, done) => {
        await using line = new Line();
        for (const { ask, count } of others) await line.add(...Array<Ask>(count).fill(ask));
        for (let taken = 0; taken < done; taken += 1) await line.take();
        const [id = ""] = await line.add({ ...own, tenant: "late" });
        const before = (await line.order()).slice(0, (await line.order()).indexOf(id));
        const flows = new Map<string, number>();
        for (const other of before) flows.set(flowOf(other), (flows.get(flowOf(other)) ?? 0) + 1);
        for (const [flow, count] of flows)
          expect(count).toBeLessThanOrEqual(1 + STEPS[own.priority] / STEPS[priorityOf(`${flow}-0`)]);
      }),
      { numRuns: 60 },
    );
  });

  test("give priorities shares of four to two to one, and none of them nothing", async () => {
    await using line = new Line();
    for (const priority of PRIORITIES) await line.add(...Array<Ask>(100).fill({ tenant: "a", priority }));
    const first = (await line.order()).slice(0, 70).map(priorityOf);
    const countOf = (priority: Priority) => first.filter((one) => one === priority).length;
    // Each counts from a moment at which the ones before it wait: one job more or less.
    expect(Math.abs(countOf("low") - 10)).toBeLessThanOrEqual(1);
    expect(Math.abs(countOf("normal") - 20)).toBeLessThanOrEqual(1);
    expect(Math.abs(countOf("high") - 40)).toBeLessThanOrEqual(1);
  });

  test("let a judgement stand beside the calls of its tenant, and not behind them", async () => {
    await using line = new Line();
    await line.add(...Array<Ask>(100).fill({ tenant: "a", priority: "high" }));
    const judgements = Array.from({ length: 10 }, (_, index) => ({
      ...{ tenant: "a", priority: "low" as const, consult: true as const, queueJobId: `judge${index}` },
    }));
    // The first of a hundred is next, and each of its calls lets a judgement pass.
    expect(await line.tagsOf("line", judgements)).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
  });

  test("hold nothing against a flow that used what nobody else wanted", async () => {
    await using line = new Line();
    const [busy, quiet] = (["busy", "quiet"] as const).map((tenant): Ask => ({ tenant, priority: "normal" }));
    await line.add(...Array<Ask>(200).fill(busy as Ask));
    while ((await line.take()) !== undefined);
    await line.add(quiet as Ask, busy as Ask, quiet as Ask, busy as Ask);
    expect((await line.order()).map((id) => id.split("-")[0])).toEqual(["quiet", "busy", "quiet", "busy"]);
  });

  test("are kept by a queue job that is summoned again, and its flow is not charged for it", async () => {
    await using line = new Line();
    const own: Ask = { tenant: "a", priority: "normal" };
    const [id = ""] = await line.add(own);
    const tags = [];
    for (let again = 0; again < 3; again += 1)
      tags.push(...(await line.tagsOf("line", [{ ...own, queueJobId: id }])));
    expect(tags).toEqual([2, 2, 2]);
    expect(await line.tagsOf("line", [{ ...own, queueJobId: "other" }])).toEqual([4]);
  });

  test("are remembered of those that still have some ahead alone: 10,000 tenants leave one entry", async () => {
    await using line = new Line();
    for (let round = 0; round < 100; round += 1) {
      const tenants = Array.from({ length: 100 }, (_, index) => `tenant${round * 100 + index}`);
      await line.tagsOf(
        "line",
        tenants.map((tenant) => ({ tenant, queueJobId: tenant })),
      );
    }
    expect(await redis.zcard(`${line.base}flows`)).toBeLessThanOrEqual(101);
    await line.add({ tenant: "last", priority: "normal" });
    expect(await redis.zrange(`${line.base}flows`, 0, "-1")).toEqual(["", "normal:last"]);
  });

  test("end at the largest that BullMQ takes: past it a flow waits in the order it came", async () => {
    await using line = new Line();
    await line.add({ tenant: "other", priority: "normal" });
    await redis.zadd(`${line.base}flows`, MAX_TAG - 2, "low:a");
    const ids = await line.add(...Array<Ask>(3).fill({ tenant: "a", priority: "low" }));
    expect((await line.order()).slice(1)).toEqual(ids);
    expect(await redis.hget(line.base + ids[2], "priority")).toBe(String(MAX_TAG));
  });
});

describe("a rebase", () => {
  const own: Ask = { tenant: "a", priority: "normal" };

  test("moves the tags of queue jobs that are elsewhere too, so that they come back to their place", async () => {
    await using line = new Line();
    await line.age(2 ** 20 - 1);
    const [delayed = "", active = "", waiting = ""] = await line.add(own, own, own);
    for (const [id, list] of [
      [delayed, "delayed"],
      [active, "active"],
    ] as const) {
      await redis.zrem(`${line.base}prioritized`, id);
      if (list === "delayed") await redis.zadd(line.base + list, 1, id);
      else await redis.lpush(line.base + list, id);
    }
    await line.add(own);
    const tags = [delayed, active, waiting].map((id) => redis.hget(line.base + id, "priority"));
    expect((await Promise.all(tags)).map(Number)).toEqual([1, 1, 2]);
  });

  test("leaves nobody behind whose tag was given before it and added after it", async () => {
    await using line = new Line();
    await line.age(2 ** 20 - 3);
    await line.add(own, own, own);
    const late = { tenant: "b", queueJobId: "late" } as const;
    const [tag = 0] = await line.tagsOf("line", [late]);
    await line.take();
    await line.take();
    await line.add(own);
    await line.queue.add("line", {}, { jobId: "late", priority: tag });
    expect((await line.order()).at(-1)).toBe("late");
    await line.add(own);
    expect((await line.order())[0]).toBe("late");
    expect(Number(await redis.hget(`${line.base}late`, "priority"))).toBeLessThan(10);
  });

  test("of a backlog changes no order", async () => {
    await using line = new Line();
    await line.age(2 ** 20 - 1);
    for (const tenant of ["a", "b", "c"])
      await line.add(...Array<Ask>(100).fill({ tenant, priority: "normal" }));
    const scoresOf = async () => {
      const pairs = await redis.zrange(`${line.base}prioritized`, 0, "-1", "WITHSCORES");
      return pairs.filter((_, index) => index % 2 === 1).map((score) => Math.floor(Number(score) / UNIT));
    };
    const [before, tags] = [await line.order(), await scoresOf()];
    await waitFor(async () => (await line.tagsOf("line", [{ tenant: "d", queueJobId: "d" }])).length === 1);
    expect(await line.order()).toEqual(before);
    const shift = (tags[0] as number) - 2;
    expect(await scoresOf()).toEqual(tags.map((tag) => tag - shift));
  });
});
