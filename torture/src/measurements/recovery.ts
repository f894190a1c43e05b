import { setTimeout as delay } from "node:timers/promises";
import { waitFor } from "@switchyard/testkit";
import { type Item, scanTable } from "../harness/dynamodb-scan.ts";
import { TABLE } from "../harness/environment.ts";
import { promptOf } from "../harness/prompts.ts";
import { type System, withSystem } from "../harness/system.ts";

const CONFIG = { SWITCHYARD_CONFIG: new URL("./catalogue.yaml", import.meta.url).pathname };
/** Settings measured; the first are the defaults. */
const SETTINGS = [
  { lockMs: 30_000, sweepStaleMs: 30_000 },
  { lockMs: 15_000, sweepStaleMs: 15_000 },
  { lockMs: 6_000, sweepStaleMs: 6_000 },
] as const;
const MODELS = ["short-call", "long-call"] as const;
const JOBS_EACH = 8;
const PROMISED_MS = 30_000;
/** Above the longest lease, which outlives a call's own time-out by ten seconds, and all waits after it. */
const PATIENCE_MS = 240_000;

/** How long after its lease a call whose process was killed is made again, by setting and by the call's time-out. */
export async function measureRecovery(say: (line: string) => void) {
  const rows = [];
  for (const setting of SETTINGS) {
    const { lockMs, sweepStaleMs } = setting;
    const env = {
      ...CONFIG,
      QUEUE_LOCK_MS: String(lockMs),
      SWEEP_STALE_MS: String(sweepStaleMs),
      SWEEP_INTERVAL_MS: "5000",
    };
    for (const row of await withSystem({ latencyScale: 0.2, env, restartAfterMs: 1_000 }, recover)) {
      say(`${JSON.stringify(setting)}: ${JSON.stringify(row)}`);
      rows.push({ ...setting, ...row });
    }
  }
  const isHeld = rows
    .filter(({ lockMs }) => lockMs === SETTINGS[0].lockMs)
    .every(({ longestBeyondLeaseMs }) => longestBeyondLeaseMs <= PROMISED_MS);
  return { promisedBeyondLeaseMs: PROMISED_MS, rows, isHeld };
}

async function recover(system: System) {
  const { client, simulator, services } = system;
  await Promise.all(
    MODELS.flatMap((model) =>
      Array.from({ length: JOBS_EACH }, (_, n) =>
        client.submit(`${model}-${n}`, { model, input: promptOf(n) }),
      ),
    ),
  );
  const calls = MODELS.length * JOBS_EACH;
  await waitFor(async () => (await simulator.callsNow()) === calls, { timeoutMs: 30_000, intervalMs: 50 });
  await delay(1_000);
  const leases = leasesOf(await scanTable(system.dynamodb.url, TABLE));
  const killedAtMs = Date.now();
  await services.invoker.kill();
  const again = async () => {
    const second = (await simulator.bill()).filter(({ attemptId }) => attemptId?.endsWith(".1") === false);
    return new Set(second.map(({ jobId }) => jobId)).size === calls ? second : null;
  };
  const options = { timeoutMs: PATIENCE_MS, intervalMs: 500, what: "every call made again" };
  const second = await waitFor(again, options);
  return MODELS.map((model) => {
    const ids = client.told.filter(({ idempotencyKey }) => idempotencyKey.startsWith(model));
    const beyond = ids.map(({ jobId }) => {
      const starts = second.filter((line) => line.jobId === jobId).map(({ startedAtMs }) => startedAtMs);
      return Math.min(...starts) - (leases.get(jobId) ?? Number.NaN);
    });
    const leaseLeft = ids.map(({ jobId }) => (leases.get(jobId) ?? Number.NaN) - killedAtMs);
    beyond.sort((a, b) => a - b);
    return {
      model,
      calls: beyond.length,
      leaseLeftAtTheKillMs: Math.round(Math.max(...leaseLeft)),
      medianBeyondLeaseMs: beyond[Math.floor(beyond.length / 2)] ?? Number.NaN,
      longestBeyondLeaseMs: beyond.at(-1) ?? Number.NaN,
    };
  });
}

/** Until when the open call of each job counts as perhaps on the wire. */
function leasesOf(items: readonly Item[]): Map<string, number> {
  return new Map(
    items
      .filter((item) => item["sk"]?.S?.startsWith("att#") && item["state"]?.S === "intent")
      .map((item) => [item["pk"]?.S?.slice("J#".length) ?? "", Number(item["lu"]?.N)]),
  );
}
