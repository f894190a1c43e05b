import { setTimeout as pause } from "node:timers/promises";

/** Gaps of a Poisson process, the same for the same seed (mulberry32). */
export function poissonGapsMs(perSecond: number, seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    const uniform = ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
    return (-Math.log(1 - uniform) * 1_000) / perSecond;
  };
}

/** Starts `count` tasks at the times of a Poisson process, however long earlier ones take; waits for all. */
export async function openLoop(
  { count, perSecond, seed }: { count: number; perSecond: number; seed: number },
  task: (index: number) => Promise<void>,
): Promise<void> {
  const nextGapMs = poissonGapsMs(perSecond, seed);
  const running: Promise<void>[] = [];
  let dueAtMs = performance.now();
  for (let index = 0; index < count; index += 1) {
    dueAtMs += nextGapMs();
    const leftMs = dueAtMs - performance.now();
    if (leftMs > 0) await pause(leftMs);
    running.push(task(index));
  }
  await Promise.all(running);
}
