import type { Redis } from "ioredis";
import type { Priority } from "../contracts/index.ts";
import { TAG } from "./fair-script.ts";

/** Whose turn a summons takes. */
export interface Turn {
  tenant?: string | undefined;
  priority?: Priority | undefined;
  /** It is to judge a job, for which somebody waits: it does not stand behind the calls of its tenant. */
  consult?: true | undefined;
}

/** Steps of a flow's tag: the smaller, the more often it is its turn. Nothing waits for more than its own share. */
const STEPS: Record<Priority | "consult", number> = { consult: 1, high: 1, normal: 2, low: 4 };

interface Script {
  switchyardTag(keys: number, ...rest: (string | number)[]): Promise<number[]>;
}

/** Answers the place in a queue of each of many summonses, given the id of the queue job that is to hold it. */
export type FairTags = (name: string, asked: readonly (Turn & { queueJobId: string })[]) => Promise<number[]>;

/**
 * Serves flows, a tenant's jobs of one priority or its judgements, in turn, however many of each wait: a tag is BullMQ's priority of a
 * queue job. A Redis that has lost its data begins anew, which costs nobody more than a place.
 */
export function openFairTags(redis: Redis, prefix: string): FairTags {
  redis.defineCommand("switchyardTag", { lua: TAG });
  const script = redis as Redis & Script;
  return (name, asked) => {
    const base = `${prefix}:${name}:`;
    const keys = ["flows", "prioritized", "delayed", "active", "wait"].map((key) => base + key);
    const asks = asked.flatMap(({ queueJobId, tenant = "", priority = "normal", consult }) => {
      const flow = consult === true ? "consult" : priority;
      return [queueJobId, `${flow}:${tenant}`, STEPS[flow]];
    });
    return script.switchyardTag(keys.length, ...keys, base, ...asks);
  };
}
