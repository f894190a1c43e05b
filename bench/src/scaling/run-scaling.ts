import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { isTerminal, type JobView } from "@switchyard/shared/contracts";
import { connect } from "@switchyard/shared/queues";
import type { BillLine } from "@switchyard/simulator";
import { waitFor } from "@switchyard/testkit";
import { openLoop } from "../overhead/arrivals.ts";
import { promptOf } from "../prompts.ts";
import { type Sample, startAutoscaler } from "./autoscale.ts";
import { catalogueOf, POOL_MODELS, type Quota } from "./catalogue.ts";
import { createController, type ScalerTerms } from "./controller.ts";
import { type CallsKept, holdAgainstBill } from "./hold-against-bill.ts";
import type { Departure } from "./pool.ts";
import { type ScaledSystem, startScaledSystem } from "./scaled-system.ts";

export interface ScalingPlan {
  quota: Quota;
  terms: ScalerTerms;
  pollMs: number;
  latencyScale: number;
  calm: { jobs: number; perSecond: number };
  burst: { jobs: number; perSecond: number };
  /** What comes after the burst, one after the other, each until there are no more pods than it needs. */
  ebb: readonly { jobEveryMs: number; pods: number }[];
  seed: number;
}

export interface ScalingRun {
  samples: readonly Sample[];
  /** When the provider was called, in seconds of the samples' clock. */
  callsAtSeconds: number[];
  burstAtSeconds: number;
  kept: CallsKept;
  departures: readonly Departure[];
  wakeUp: WakeUp;
}

interface WakeUp {
  podsBefore: number;
  /** From when the job was due until its call came to the provider. */
  dueToCallSeconds: number;
  /** From when the autoscaler wanted a pod until the call. */
  wantedToCallSeconds: number;
}

const JOB_TIMEOUT_MS = 180_000;
const MAX_TRIES = 10;
const QUEUE_PREFIX = "{sw}";
/** Of BullMQ's scores of delayed jobs. */
const STEPS_PER_MS = 4_096;

/** One pod, many, one and none again, and woken by a job that comes due: real workers, the real signal, real calls. */
export async function runScaling(plan: ScalingPlan): Promise<ScalingRun> {
  const { terms, pollMs, quota, latencyScale } = plan;
  const system = await startScaledSystem({ catalogue: catalogueOf(quota), latencyScale });
  const dueWithin = Math.ceil(pollMs / 1_000);
  const asked = POOL_MODELS.map((model) => `&model=${model}`).join("");
  const beganAtMs = Date.now();
  const autoscaler = startAutoscaler({
    loadUrl: `${system.opsUrl}/queue-load?stage=invoke${asked}&due_within=${dueWithin}`,
    pool: system.pool,
    controller: createController(terms),
    pollMs,
  });
  const now = () => autoscaler.samples.at(-1);
  const settled = { timeoutMs: JOB_TIMEOUT_MS, intervalMs: pollMs };
  try {
    const ids: string[] = [];
    await submit(system, ids, "sim-small");
    await waitFor(() => now()?.ready === 1, settled);
    const { calm, burst, seed } = plan;
    await submitMany(system, ids, { ...calm, count: calm.jobs, seed });
    const burstAtSeconds = (Date.now() - beganAtMs) / 1_000;
    await submitMany(system, ids, { ...burst, count: burst.jobs, seed: seed + 1 });
    await waitFor(() => now()?.waiting === 0, settled);
    for (const { jobEveryMs, pods } of plan.ebb) {
      const enough = new AbortController();
      const trickle = trickling(system, ids, { everyMs: jobEveryMs, until: enough.signal });
      const isThere = () => (now()?.wanted ?? 0) <= pods && now()?.leaving === 0;
      await waitFor(isThere, settled).finally(() => enough.abort());
      await trickle;
    }
    const wakeUp = await wokenFromNone(system, ids, { samples: autoscaler.samples, settled, beganAtMs });
    const jobs = await Promise.all(ids.map((id) => ended(system, id)));
    const bill = await readBill(system);
    return {
      ...{ samples: [...autoscaler.samples], burstAtSeconds, wakeUp },
      callsAtSeconds: bill.map(({ startedAtMs }) => (startedAtMs - beganAtMs) / 1_000).sort((a, b) => a - b),
      kept: holdAgainstBill(jobs, bill),
      departures: [...system.pool.departures],
    };
  } finally {
    await autoscaler.stop();
    await system.stop();
  }
}

async function submitMany(
  system: ScaledSystem,
  ids: string[],
  load: { count: number; perSecond: number; seed: number },
): Promise<void> {
  await openLoop(load, async () => void (await submit(system, ids, "sim-small")));
}

async function trickling(
  system: ScaledSystem,
  ids: string[],
  { everyMs, until }: { everyMs: number; until: AbortSignal },
): Promise<void> {
  while (!until.aborted) {
    await submit(system, ids, "sim-small");
    await pause(everyMs, undefined, { signal: until }).catch(() => {});
  }
}

/** A job is asked to wait, longer than the last pod does; when its time comes there is nobody. */
async function wokenFromNone(
  system: ScaledSystem,
  ids: string[],
  seen: {
    samples: readonly Sample[];
    settled: { timeoutMs: number; intervalMs: number };
    beganAtMs: number;
  },
): Promise<WakeUp> {
  const { samples, settled, beganAtMs } = seen;
  const last = () => samples.at(-1);
  await waitFor(() => last()?.load === 0, settled);
  const id = await submit(system, ids, "late");
  const redis = connect(system.redisUrl, "subscriber");
  try {
    let due: string | undefined;
    await waitFor(async () => {
      [, due] = await redis.zrange(`${QUEUE_PREFIX}:invoke.late:delayed`, "0", "0", "WITHSCORES");
      return due !== undefined;
    }, settled);
    await waitFor(() => last()?.wanted === 0 && last()?.leaving === 0, settled);
    const podsBefore = last()?.ready ?? Number.NaN;
    const slept = samples.length;
    await ended(system, id);
    const line = (await readBill(system)).find(({ jobId }) => jobId === id);
    const calledAtMs = line?.startedAtMs ?? Number.NaN;
    const wanted = samples.slice(slept).find((sample) => sample.wanted > 0)?.atSeconds ?? Number.NaN;
    return {
      podsBefore,
      dueToCallSeconds: (calledAtMs - Number(due) / STEPS_PER_MS) / 1_000,
      wantedToCallSeconds: (calledAtMs - beganAtMs) / 1_000 - wanted,
    };
  } finally {
    redis.disconnect();
  }
}

/** The API answers 503 while what it stands on is too slow; the key makes a repetition the same job. */
async function submit(system: ScaledSystem, ids: string[], model: string): Promise<string> {
  const headers = { "content-type": "application/json", "idempotency-key": randomUUID() };
  const body = JSON.stringify({ input: promptOf(ids.length), model });
  for (let tries = 1; ; tries += 1) {
    const answer = await ask<JobView>(system, "/v1/jobs", { method: "POST", headers, body });
    if (answer.status === 202 || answer.status === 200) {
      ids.push(answer.body.id);
      return answer.body.id;
    }
    if (answer.status !== 503 || tries === MAX_TRIES) {
      throw new Error(`submit answered ${answer.status}: ${JSON.stringify(answer.body)}`);
    }
    await pause(1_000);
  }
}

async function ended(system: ScaledSystem, id: string): Promise<JobView> {
  const endsAtMs = performance.now() + JOB_TIMEOUT_MS;
  for (;;) {
    const { body } = await ask<JobView>(system, `/v1/jobs/${id}`, { headers: { prefer: "wait=10" } });
    if (isTerminal(body.status)) return body;
    if (performance.now() > endsAtMs) throw new Error(`${id} had no end within ${JOB_TIMEOUT_MS} ms`);
  }
}

async function ask<Body>({ apiUrl, apiKey }: ScaledSystem, path: string, init: RequestInit) {
  const headers = { authorization: `Bearer ${apiKey}`, ...init.headers };
  const response = await fetch(apiUrl + path, { ...init, headers });
  return { status: response.status, body: (await response.json()) as Body };
}

async function readBill({ providerUrl }: ScaledSystem): Promise<BillLine[]> {
  const text = await (await fetch(`${providerUrl}/bill`)).text();
  const lines = text.split("\n").filter((line) => line !== "");
  return lines.map((line) => JSON.parse(line) as BillLine);
}
