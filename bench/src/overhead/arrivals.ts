import { setTimeout as pause } from "node:timers/promises";
import { uniforms } from "../random.ts";

/** Gaps of a Poisson process, the same for the same seed. */
export function poissonGapsMs(perSecond: number, seed: number): () => number {
  const next = uniforms(seed);
  return () => (-Math.log(1 - next()) * 1_000) / perSecond;
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
