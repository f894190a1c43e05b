import type { Sample } from "./autoscale.ts";

/** How a quota of so many calls per minute was used. */
interface QuotaUse {
  /** Seconds in which there was more to do than the quota allows, and enough workers for all of it. */
  saturatedSeconds: number;
  /** Of those: calls as a share of what the quota allows. */
  share: number;
  /** The most calls in any 60 seconds. */
  mostInAMinute: number;
}

const MINUTE_SECONDS = 60;

/** What calls made of a quota. `slotsNeeded`: calls in flight that it takes to use all of it. */
export function quotaUse(
  samples: readonly Sample[],
  callsAtSeconds: readonly number[],
  { perMinute, slots, slotsNeeded }: { perMinute: number; slots: number; slotsNeeded: number },
): QuotaUse {
  const isSaturated = ({ waiting, ready }: Sample) => waiting > slots && ready * slots >= slotsNeeded;
  const busy = samples.filter(isSaturated);
  const from = busy[0]?.atSeconds ?? 0;
  const to = busy.at(-1)?.atSeconds ?? 0;
  const calls = callsAtSeconds.filter((at) => at >= from && at < to).length;
  return {
    saturatedSeconds: to - from,
    share: calls / (((to - from) * perMinute) / MINUTE_SECONDS),
    mostInAMinute: mostWithin(callsAtSeconds, MINUTE_SECONDS),
  };
}

/** The most of these instants that lie within any span of so many seconds. */
function mostWithin(instants: readonly number[], seconds: number): number {
  const sorted = [...instants].sort((a, b) => a - b);
  let first = 0;
  let most = 0;
  for (const [index, at] of sorted.entries()) {
    while ((sorted[first] ?? at) <= at - seconds) first += 1;
    most = Math.max(most, index - first + 1);
  }
  return most;
}
