import { type JobsOptions, Queue } from "bullmq";
import type { Redis } from "ioredis";
import { SwitchyardError } from "../errors/index.ts";
import { groupCommit, type MessageOf, PIPELINE, type Stage } from "../pipeline/index.ts";
import { queueJobId, queueName } from "./queue-names.ts";

/** What a queue job holds: one summons, or a list of them. */
export interface Envelope {
  version: 1;
  items: unknown[];
  /** When the first of them was handed over, for the wait metric. */
  at: number;
}

export interface SummonOptions {
  delayMs?: number;
  /** Makes the id differ from that of the queue job which is running now. */
  suffix?: string;
}

/** Adds summonses to queues. Resolves when Redis has said that the queue job is there. */
export interface Summoner {
  /** @throws SwitchyardError QUEUE_UNAVAILABLE; the add may have happened all the same, and may be repeated. */
  summon: <S extends Stage>(stage: S, message: MessageOf<S>, options?: SummonOptions) => Promise<void>;
  close: () => Promise<void>;
}

/** Most summonses in one queue job: about 7 KB of ids, and one run of that many reads. */
const MAX_LIST = 100;

/**
 * Finished queue jobs are removed at once, successful or not: the job's row is the truth, and a summons
 * that is still kept would make adding the same id again a silent no-op when it is needed.
 * A queue job only fails for good when its envelope is broken or its worker died too often.
 */
const JOB_OPTIONS: JobsOptions = {
  attempts: 1_000,
  backoff: { type: "custom" },
  removeOnComplete: true,
  removeOnFail: true,
  stackTraceLimit: 1,
  keepLogs: 0,
  sizeLimit: 65_536,
};

export function openSummoner(redis: Redis, prefix: string): Summoner {
  const queues = new Map<string, Queue>();
  const gatherers = new Map<string, (message: MessageOf<Stage>) => Promise<void>>();

  function queueOf(name: string): Queue {
    const known = queues.get(name);
    if (known !== undefined) return known;
    // A queue that is opened without a connection waits for one without bound.
    if (redis.status !== "ready") throw new Error(`no connection to Redis: ${redis.status}`);
    const queue = new Queue(name, { connection: redis, prefix, defaultJobOptions: JOB_OPTIONS });
    queue.on("error", () => {});
    queues.set(name, queue);
    // One whose opening failed remembers that for ever: the next summons opens another.
    queue.waitUntilReady().catch(() => {
      queues.delete(name);
      queue.close().catch(() => {});
    });
    return queue;
  }

  async function addList(stage: Stage, name: string, messages: MessageOf<Stage>[]): Promise<undefined[]> {
    const items = distinct(messages);
    const data: Envelope = { version: 1, items, at: Date.now() };
    await acknowledged(() => queueOf(name).add(stage, data, { jobId: queueJobId(stage, items) }));
    return messages.map(() => undefined);
  }

  async function addEach(stage: Stage, name: string, messages: MessageOf<Stage>[]): Promise<undefined[]> {
    const jobs = distinct(messages).map((item) => ({
      name: stage,
      data: { version: 1, items: [item], at: Date.now() } satisfies Envelope,
      opts: { jobId: queueJobId(stage, [item]) },
    }));
    const [only] = jobs;
    await acknowledged(() =>
      jobs.length === 1 && only !== undefined
        ? queueOf(name).add(only.name, only.data, only.opts)
        : queueOf(name).addBulk(jobs),
    );
    return messages.map(() => undefined);
  }

  function gathererOf(stage: Stage, name: string): (message: MessageOf<Stage>) => Promise<void> {
    let gatherer = gatherers.get(name);
    if (gatherer === undefined) {
      const add = PIPELINE[stage].carries === "list" ? addList : addEach;
      gatherer = groupCommit<MessageOf<Stage>, void>((messages) => add(stage, name, messages), MAX_LIST);
      gatherers.set(name, gatherer);
    }
    return gatherer;
  }

  return {
    async summon(stage, message, options) {
      const name = queueName(stage, "modelId" in message ? message.modelId : undefined);
      if (options === undefined) return gathererOf(stage, name)(message);
      const jobId = queueJobId(stage, [message]) + (options.suffix ?? "");
      const data: Envelope = { version: 1, items: [message], at: Date.now() };
      await acknowledged(() => queueOf(name).add(stage, data, { jobId, delay: options.delayMs ?? 0 }));
    },
    async close() {
      await Promise.allSettled([...queues.values()].map((queue) => queue.close()));
    },
  };
}

async function acknowledged(add: () => Promise<unknown>): Promise<void> {
  try {
    await add();
  } catch (error) {
    throw new SwitchyardError("QUEUE_UNAVAILABLE", "Redis did not acknowledge the summons", { cause: error });
  }
}

/**
 * One summons per job and generation; those that carry facts go instead of the bare one, each call's
 * facts once.
 */
function distinct(messages: MessageOf<Stage>[]): MessageOf<Stage>[] {
  const byJob = new Map<string, Map<number, MessageOf<Stage>>>();
  for (const message of messages) {
    const name = `${message.jobId}-g${message.generation}`;
    const n = attemptOf(message) ?? BARE;
    const known = byJob.get(name) ?? new Map<number, MessageOf<Stage>>();
    if (n !== BARE) known.delete(BARE);
    if (n !== BARE || known.size === 0) known.set(n, message);
    byJob.set(name, known);
  }
  return [...byJob.values()].flatMap((known) => [...known.values()]);
}

function attemptOf(message: MessageOf<Stage>): number | undefined {
  if ("withdrawn" in message && message.withdrawn !== undefined) return message.withdrawn;
  return "attempt" in message ? message.attempt?.n : undefined;
}

/** Attempts are numbered from 1. */
const BARE = 0;
