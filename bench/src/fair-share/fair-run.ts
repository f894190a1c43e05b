import { setTimeout as pause } from "node:timers/promises";
import { connect } from "@switchyard/shared/queues";
import { openSubmitter, type Submitter } from "../durable-path/submitter.ts";
import { type System, startSystem } from "../durable-path/system.ts";
import { openLoop } from "../overhead/arrivals.ts";
import { promptOf } from "../prompts.ts";

export interface FairLoad {
  tenants: number;
  /** Jobs of all polite tenants together. */
  jobs: number;
  perSecond: number;
  /** Calls in flight of the one pool; with the provider's time it bounds what is served. */
  concurrency: number;
  latencyScale: number;
  /** Queued jobs of the other tenant. */
  backlog: number;
  seed: number;
}

export interface FairRun {
  /** From the submit of each polite job to its end, with nobody else there. */
  aloneMs: number[];
  /** The same while the other tenant's backlog waits for the same pool. */
  besideMs: number[];
  waiting: { before: number; after: number };
  importSeconds: number;
}

const BATCH = 1_000;
/** Numbers of the backlog's prompts: others than the polite ones', each of which takes its own time of the provider. */
const BACKLOG_PROMPTS = 1_000_000;

/** The whole product: polite tenants alone, then beside one that has a backlog queued. */
export async function runFair(load: FairLoad): Promise<FairRun> {
  const { latencyScale, concurrency, tenants } = load;
  const system = await startSystem({
    latencyScale,
    environment: { INVOKER_CONCURRENCY: String(concurrency) },
  });
  const submitters: Submitter[] = [];
  try {
    for (let tenant = 0; tenant < tenants; tenant += 1)
      submitters.push(await openSubmitter({ ...system, apiKey: await system.keyOf(`polite-${tenant}`) }));
    await timesOf(submitters, { ...load, jobs: load.jobs / 4 });
    const aloneMs = await timesOf(submitters, load);
    const startedAt = performance.now();
    await queueBacklog(system, load.backlog);
    const importSeconds = (performance.now() - startedAt) / 1_000;
    const before = await waitingIn(system);
    const besideMs = await timesOf(submitters, load);
    return { aloneMs, besideMs, waiting: { before, after: await waitingIn(system) }, importSeconds };
  } finally {
    for (const submitter of submitters) await submitter.close();
    await system.stop();
  }
}

async function timesOf(submitters: readonly Submitter[], load: FairLoad): Promise<number[]> {
  const times: number[] = [];
  await openLoop({ count: load.jobs, perSecond: load.perSecond, seed: load.seed }, async (index) => {
    const sentAtMs = performance.now();
    await submitters[index % submitters.length]?.run(index);
    times.push(performance.now() - sentAtMs);
  });
  return times;
}

/** Submits jobs of one tenant until so many of them wait for their model, and none for its decision. */
async function queueBacklog(system: System, backlog: number): Promise<void> {
  const authorization = `Bearer ${await system.keyOf("hog")}`;
  let prompts = BACKLOG_PROMPTS;
  for (;;) {
    while ((await queuedIn(system, "classify", ["prioritized", "active"])) > 0) await pause(100);
    if ((await waitingIn(system)) >= backlog) return;
    const items = Array.from({ length: Math.min(BATCH, backlog) }, () => ({
      input: promptOf(prompts++),
      model: "auto",
    }));
    const response = await fetch(`${system.apiUrl}/v1/jobs/batch`, {
      method: "POST",
      headers: { authorization, "content-type": "application/json" },
      body: JSON.stringify(items),
    });
    const { rejected } = (await response.json()) as { rejected: number };
    if (rejected !== 0) throw new Error(`${rejected} jobs of the backlog were refused`);
  }
}

function waitingIn(system: System): Promise<number> {
  return queuedIn(system, "invoke.*", ["prioritized"]);
}

async function queuedIn({ redisUrl, queuePrefix }: System, queue: string, states: readonly string[]) {
  const redis = connect(redisUrl, "subscriber");
  try {
    let sum = 0;
    for (const state of states) {
      for (const key of await redis.keys(`${queuePrefix}:${queue}:${state}`))
        sum += await (state === "active" ? redis.llen(key) : redis.zcard(key));
    }
    return sum;
  } finally {
    redis.disconnect();
  }
}
