import type { Redis } from "ioredis";
import { SwitchyardError } from "../errors/index.ts";
import type { Stage } from "../pipeline/index.ts";
import { READ_QUEUE } from "./queue-load-script.ts";
import { queueName } from "./queue-names.ts";
import { WORKFORCE_KEYS } from "./workforce.ts";

/** A queue of ours: a stage's, or for `invoke` that of one model. */
export interface QueueId {
  stage: Stage;
  modelId?: string;
}

/** A queue as it stands in Redis, whether anybody serves it or not. */
export interface QueueFacts extends QueueId {
  isPaused: boolean;
  /** Without a place in the queue, and with one. */
  waiting: number;
  prioritized: number;
  active: number;
  delayed: number;
  /**
   * Of the delayed: those whose time comes within what was asked about, or has passed. Of `classify` only the latter: each
   * job that a model judges leaves a summons for when it has not answered in time, which hardly ever finds anything to do.
   */
  dueDelayed: number;
  /** How long the one that waits for longest could have been run; 0 when none waits. */
  oldestAgeMs: number;
  /** Runs that live workers may have in hand. */
  slots: number;
  /** What runs took lately: sums in which each counts the less the longer ago it was. */
  lately: { runs: number; seconds: number; tokens: number };
}

interface QueueReading {
  /** By the clock of Redis. */
  atMs: number;
  queues: QueueFacts[];
}

const KEYS = ["wait", "prioritized", "active", "delayed", "meta", "flows", ...WORKFORCE_KEYS];

interface Script {
  switchyardReadQueue(keys: number, ...rest: (string | number)[]): Promise<(number | string)[]>;
}

/** Reads queues; the answer follows from what is in Redis, so that any process gives the same. */
export type ReadQueues = (queues: readonly QueueId[], dueWithinMs: number) => Promise<QueueReading>;

/**
 * Each queue is read by a script of its own, so that Redis serves others in between, however many queues there are.
 * Every read throws SwitchyardError QUEUE_UNAVAILABLE when Redis does not answer.
 */
export function openQueueReader(redis: Redis, prefix: string): ReadQueues {
  redis.defineCommand("switchyardReadQueue", { lua: READ_QUEUE });
  const script = redis as Redis & Script;

  async function read(queue: QueueId, dueWithinMs: number): Promise<{ atMs: number; facts: QueueFacts }> {
    const base = `${prefix}:${queueName(queue.stage, queue.modelId)}:`;
    const keys = KEYS.map((key) => base + key);
    const dueMs = queue.stage === "classify" ? 0 : dueWithinMs;
    const answer = await script.switchyardReadQueue(keys.length, ...keys, dueMs, base);
    const [atMs = 0, ...numbers] = answer.map(Number);
    return { atMs, facts: factsOf(queue, numbers) };
  }

  return async (queues, dueWithinMs) => {
    try {
      const readings = await Promise.all(queues.map((queue) => read(queue, dueWithinMs)));
      return { atMs: readings[0]?.atMs ?? Date.now(), queues: readings.map(({ facts }) => facts) };
    } catch (error) {
      throw new SwitchyardError("QUEUE_UNAVAILABLE", "Redis does not say what waits", { cause: error });
    }
  };
}

function factsOf(queue: QueueId, numbers: readonly number[]): QueueFacts {
  const [paused, waiting = 0, prioritized = 0, active = 0, delayed = 0, dueDelayed = 0, ...rest] = numbers;
  const [oldestAgeMs = 0, slots = 0, runs = 0, seconds = 0, tokens = 0] = rest;
  return {
    ...queue,
    isPaused: paused === 1,
    ...{ waiting, prioritized, active, delayed, dueDelayed, oldestAgeMs, slots },
    lately: { runs, seconds, tokens },
  };
}
