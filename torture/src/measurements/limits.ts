import { setTimeout as delay } from "node:timers/promises";
import { waitFor } from "@switchyard/testkit";
import { Redis } from "ioredis";
import { QUEUE_PREFIX } from "../harness/environment.ts";
import { promptOf } from "../harness/prompts.ts";
import { type System, withSystem } from "../harness/system.ts";

const CONFIG = { SWITCHYARD_CONFIG: new URL("./catalogue.yaml", import.meta.url).pathname };
/** What the catalogue allows the model `paced`, and the part of it that may be taken at once. */
const LIMIT = { perMinute: 1_200, burst: 60 };
const MINUTE_MS = 60_000;
/** The provider sees calls as they arrive: some take a little longer from the script's yes than others. */
const TOLERANCE = 0.02;
/** Between the script's yes and the provider's clock: an intent is written and a request is sent. */
const ON_ITS_WAY_MS = 500;
const OUTAGE_MS = 10_000;
const SLOTS = 4;
/** What a slot of a killed process is promised to take at most. */
const FREED_MS = 60_000;

/** What the provider saw start, beside what it was promised to see. */
export async function measureLimits(say: (line: string) => void) {
  const processes = [];
  for (const count of [16, 4, 1]) {
    const seen = await withSystem(systemOf(count), firstMinute);
    say(`${count} invoker processes: ${JSON.stringify(seen)}`);
    processes.push({ invokerProcesses: count, ...seen });
  }
  const redisDown = await withSystem(systemOf(2), withoutRedis);
  say(`Redis away for ${OUTAGE_MS / 1_000} s: ${JSON.stringify(redisDown)}`);
  const killedHolder = await withSystem(systemOf(1), holderKilled);
  say(`${SLOTS} slots of a killed process: ${JSON.stringify(killedHolder)}`);
  const isHeld =
    processes.every(({ admitted, expected, mostInAnyMinute }) => {
      const isNear = Math.abs(admitted / expected - 1) <= TOLERANCE;
      return isNear && mostInAnyMinute <= LIMIT.perMinute * (1 + TOLERANCE);
    }) &&
    redisDown.startedWithoutRedis === 0 &&
    killedHolder.freedAfterMs <= FREED_MS;
  return { limitPerMinute: LIMIT.perMinute, processes, redisDown, killedHolder, isHeld };
}

function systemOf(invoker: number) {
  return { processes: { invoker }, latencyScale: 0.2, env: CONFIG };
}

async function firstMinute(system: System) {
  await heldMeanwhile(system, () => submit(system, { model: "paced", jobs: 1_500 }));
  const starts = await startsOnce(system, (all) => (all.at(-1) ?? 0) >= (all[0] ?? 0) + MINUTE_MS);
  const [first = 0] = starts;
  const admitted = starts.filter((at) => at < first + MINUTE_MS).length;
  const perMs = (LIMIT.perMinute - LIMIT.burst + 1) / MINUTE_MS;
  const mostInAnyMinute = Math.max(
    ...starts.map((from) => starts.filter((at) => at >= from && at < from + MINUTE_MS).length),
  );
  const expected = Math.round(LIMIT.burst - 1 + perMs * MINUTE_MS);
  return { admitted, expected, share: Number((admitted / expected).toFixed(4)), mostInAnyMinute };
}

/** As after a provider's Retry-After: nothing is called, so that afterwards more waits than a minute may take. */
async function heldMeanwhile({ redis }: System, doIt: () => Promise<void>): Promise<void> {
  const client = new Redis(redis.url);
  const hold = `${QUEUE_PREFIX}:admission:model:paced:hold`;
  await client.set(hold, "1", "PX", 10 * MINUTE_MS);
  try {
    await doIt();
    await client.del(hold);
  } finally {
    client.disconnect();
  }
}

async function withoutRedis(system: System) {
  const submitting = submit(system, { model: "paced", jobs: 400 });
  await startsOnce(system, (all) => all.length >= 100);
  await submitting;
  await system.redis.kill("SIGKILL");
  const downAtMs = Date.now();
  await delay(OUTAGE_MS);
  const upAtMs = Date.now();
  await system.redis.restart();
  const starts = await startsOnce(system, (all) => (all.at(-1) ?? 0) > upAtMs + 2_000);
  const without = starts.filter((at) => at > downAtMs + ON_ITS_WAY_MS && at < upAtMs).length;
  const resumedAtMs = starts.find((at) => at >= upAtMs) ?? Number.NaN;
  return { outageMs: upAtMs - downAtMs, startedWithoutRedis: without, resumedAfterMs: resumedAtMs - upAtMs };
}

async function holderKilled(system: System) {
  await submit(system, { model: "few-at-once", jobs: 3 * SLOTS });
  await startsOnce(system, (all) => all.length >= SLOTS);
  // Long enough to see that no fifth call starts, and that the slots are renewed.
  await delay(20_000);
  const before = (await startsOf(system)).length;
  const killedAtMs = Date.now();
  system.services.invoker.strike();
  const starts = await startsOnce(system, (all) => all.length > before, 2 * FREED_MS);
  return {
    slots: SLOTS,
    startedBeforeTheKill: before,
    freedAfterMs: (starts[before] ?? Number.NaN) - killedAtMs,
  };
}

async function submit({ client }: System, { model, jobs }: { model: string; jobs: number }): Promise<void> {
  const numbers = Array.from({ length: jobs }, (_, n) => n).values();
  const send = async () => {
    for (const n of numbers) await client.submit(`${model}-${n}`, { model, input: promptOf(n) });
  };
  await Promise.all(Array.from({ length: 16 }, send));
}

/** When each call reached the provider, by the provider's own clock, in order. */
async function startsOf({ simulator }: System): Promise<number[]> {
  return (await simulator.bill()).map(({ startedAtMs }) => startedAtMs).sort((a, b) => a - b);
}

async function startsOnce(
  system: System,
  isEnough: (starts: readonly number[]) => boolean,
  timeoutMs = 3 * MINUTE_MS,
): Promise<number[]> {
  const look = async () => {
    const starts = await startsOf(system);
    return isEnough(starts) ? starts : null;
  };
  return await waitFor(look, { timeoutMs, intervalMs: 500, what: "enough calls on the bill" });
}
