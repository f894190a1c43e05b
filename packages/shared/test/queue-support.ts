import { testRedis, uniquePrefix } from "@switchyard/testkit";
import { Queue } from "bullmq";
import type { Redis } from "ioredis";
import { beforeEach } from "vitest";
import type { ClassifyMessage, InvokeMessage, SettleMessage } from "../src/contracts/index.ts";
import {
  connect,
  openSummoner,
  type RunStageOptions,
  runStage,
  type StageRunner,
  type Summoner,
} from "../src/queues/index.ts";
import { createLogger, createMetrics } from "../src/telemetry/index.ts";
import { newJobId } from "./support.ts";

export interface TestQueues {
  prefix: string;
  url: string;
  /** A connection for producers, to the address under test. */
  redis: Redis;
  summoner: Summoner;
  /** A view of a queue over a connection of its own, straight to Redis. */
  look: (name: string) => Queue;
  connect: (role: "producer" | "worker" | "subscriber") => Redis;
  [Symbol.asyncDispose]: () => Promise<void>;
}

/** Queues under a prefix of their own. `via` is another way to the same Redis. */
export async function usingQueues(options: { url?: string; via?: string } = {}): Promise<TestQueues> {
  const shared = options.url === undefined ? await testRedis() : null;
  const url = options.url ?? (shared?.url as string);
  const prefix = uniquePrefix("{q}");
  const straight = connect(url, "worker");
  const connections: Redis[] = [];
  const queues = new Map<string, Queue>();
  const open = (role: "producer" | "worker" | "subscriber") => {
    const connection = connect(options.via ?? url, role);
    connections.push(connection);
    return connection;
  };
  const redis = open("producer");
  if (redis.status !== "ready") await new Promise((resolve) => redis.once("ready", resolve));
  const summoner = openSummoner(redis, prefix);
  return {
    prefix,
    url,
    redis,
    summoner,
    look(name) {
      const queue = queues.get(name) ?? new Queue(name, { connection: straight, prefix });
      queues.set(name, queue);
      return queue;
    },
    connect: open,
    async [Symbol.asyncDispose]() {
      await summoner.close();
      for (const queue of queues.values()) await queue.close();
      for (const connection of [...connections, straight]) connection.disconnect();
      await shared?.stop();
    },
  };
}

export function summons(overrides: Partial<SettleMessage> = {}): SettleMessage {
  return { version: 1, jobId: newJobId(), generation: 1, ...overrides };
}

/** The messages of every queue job that waits, list by list, oldest first. */
export async function waitingLists(queue: Queue): Promise<unknown[][]> {
  const jobs = await queue.getJobs(["waiting", "prioritized", "delayed"], 0, -1, true);
  return jobs.map((job) => (job.data as { items: unknown[] }).items);
}

/** A promise and the function that resolves it. */
export function gate() {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { passed: promise, open: resolve };
}

export const EMPTY = { waiting: 0, active: 0, delayed: 0, failed: 0, completed: 0 };

/** Those with a place in the queue wait like any other. */
export async function countsOf(queue: Queue) {
  const states = ["waiting", "prioritized", "active", "delayed", "failed", "completed"] as const;
  const counts = (await queue.getJobCounts(...states)) as Record<(typeof states)[number], number>;
  const { waiting, prioritized, active, delayed, failed, completed } = counts;
  return { waiting: waiting + prioritized, active, delayed, failed, completed };
}

export async function isEmpty(queue: Queue): Promise<boolean> {
  return Object.values(await countsOf(queue)).every((count) => count === 0);
}

type ClassifyOptions = Partial<RunStageOptions<"classify">> & Pick<RunStageOptions<"classify">, "handler">;

/** Runs stage classify with a handler; everything it writes off is due for settle. */
export function runClassify(queues: TestQueues, options: ClassifyOptions): StageRunner {
  return runStage({
    stage: "classify",
    redis: queues.connect("worker"),
    prefix: queues.prefix,
    summoner: queues.summoner,
    onDeadLetter: async ({ version, jobId, generation }) => ({ version, jobId, generation }),
    concurrency: 5,
    log: createLogger("test", "silent"),
    metrics: createMetrics("test"),
    ...options,
  });
}

export async function toInvoke(message: ClassifyMessage): Promise<InvokeMessage> {
  return { ...message, modelId: "sim-small" };
}

/** Queues of its own for every test of a file, and stage classify on them, drained at the test's end. */
export function stageForEachTest() {
  let queues: TestQueues;
  let runners: StageRunner[];
  beforeEach(async () => {
    queues = await usingQueues();
    runners = [];
    return async () => {
      await Promise.all(runners.map((runner) => runner.drain(0)));
      await queues[Symbol.asyncDispose]();
    };
  });
  return {
    get queues() {
      return queues;
    },
    running(options: ClassifyOptions): StageRunner {
      const runner = runClassify(queues, options);
      runners.push(runner);
      return runner;
    },
    classify: () => queues.look("classify"),
    invoke: () => queues.look("invoke.sim-small"),
    settle: () => queues.look("settle"),
  };
}
