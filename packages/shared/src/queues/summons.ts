import { type JobsOptions, Queue } from "bullmq";
import type { Redis } from "ioredis";
import { SwitchyardError } from "../errors/index.ts";
import { groupCommit, type MessageOf, PIPELINE, type Stage } from "../pipeline/index.ts";
import { NO_TRACING, type Tracing } from "../telemetry/index.ts";
import { type FairTags, openFairTags, type Turn } from "./fair-tags.ts";
import { queueJobId, queueName } from "./queue-names.ts";
import { addTraced, telemetryOf } from "./queue-telemetry.ts";

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

/** Most summonses in one queue job: at most 25 KB of ids and names, and one run of that many reads. */
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

export function openSummoner(redis: Redis, prefix: string, tracing: Tracing = NO_TRACING): Summoner {
  const tagsOf = openFairTags(redis, prefix);
  const queues = new Map<string, Queue>();
  const gatherers = new Map<string, (message: MessageOf<Stage>) => Promise<void>>();

  function queueOf(name: string): Queue {
    const known = queues.get(name);
    if (known !== undefined) return known;
    // A queue that is opened without a connection waits for one without bound.
    if (redis.status !== "ready") throw new Error(`no connection to Redis: ${redis.status}`);
    const queue = new Queue(name, {
      ...{ connection: redis, prefix, defaultJobOptions: JOB_OPTIONS },
      ...telemetryOf(tracing),
    });
    queue.on("error", () => {});
    queues.set(name, queue);
    // One whose opening failed remembers that for ever: the next summons opens another.
    queue.waitUntilReady().catch(() => {
      queues.delete(name);
      queue.close().catch(() => {});
    });
    return queue;
  }

  async function add(stage: Stage, name: string, jobs: readonly QueueJob[]): Promise<void> {
    await acknowledged(async () => {
      const queue = queueOf(name);
      await addTraced(tracing, queue, stage === "settle" ? jobs : await placed(tagsOf, name, jobs));
    });
  }

  async function addGathered(stage: Stage, name: string, messages: MessageOf<Stage>[]): Promise<undefined[]> {
    const items = distinct(messages);
    const lists = PIPELINE[stage].carries === "list" ? [items] : items.map((item) => [item]);
    await add(
      stage,
      name,
      lists.map((list) => queueJobOf(stage, list)),
    );
    return messages.map(() => undefined);
  }

  function gathererOf(stage: Stage, name: string): (message: MessageOf<Stage>) => Promise<void> {
    let gatherer = gatherers.get(name);
    if (gatherer === undefined) {
      gatherer = groupCommit<MessageOf<Stage>, void>(
        (messages) => addGathered(stage, name, messages),
        MAX_LIST,
      );
      gatherers.set(name, gatherer);
    }
    return gatherer;
  }

  return {
    async summon(stage, message, options) {
      const name = queueName(stage, "modelId" in message ? message.modelId : undefined);
      if (options === undefined) return gathererOf(stage, name)(message);
      const { opts, ...job } = queueJobOf(stage, [message]);
      const { delayMs: delay = 0, suffix = "" } = options;
      await add(stage, name, [{ ...job, opts: { jobId: opts.jobId + suffix, delay } }]);
    },
    async close() {
      await Promise.allSettled([...queues.values()].map((queue) => queue.close()));
    },
  };
}

interface QueueJob {
  name: Stage;
  data: Envelope;
  opts: JobsOptions & { jobId: string };
}

function queueJobOf(name: Stage, items: readonly MessageOf<Stage>[]): QueueJob {
  const data: Envelope = { version: 1, items: [...items], at: Date.now() };
  return { name, data, opts: { jobId: queueJobId(name, items) } };
}

/**
 * Queue jobs with their places in the queue. A list is where the first of its members would be, and the others ride
 * along. Stage settle has no places: it gets, in order, what the two stages before it let through.
 */
async function placed(
  tagsOf: FairTags,
  name: string,
  jobs: readonly QueueJob[],
): Promise<readonly QueueJob[]> {
  const asked = jobs.flatMap(({ data, opts }) =>
    (data.items as Turn[]).map(({ tenant, priority, consult }) => ({
      ...{ queueJobId: opts.jobId, tenant, priority, consult },
    })),
  );
  const tags = await tagsOf(name, asked);
  let next = 0;
  return jobs.map((job) => {
    const own = tags.slice(next, next + job.data.items.length);
    next += own.length;
    return { ...job, opts: { ...job.opts, priority: Math.min(...own) } };
  });
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
    const isConsult = "consult" in message && message.consult === true;
    const name = `${message.jobId}-g${message.generation}${isConsult ? "-c" : ""}`;
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
