import { setTimeout as delay } from "node:timers/promises";

/** How long to look for a condition, how often, and what to call it when it does not come. */
export interface WaitOptions {
  timeoutMs?: number;
  intervalMs?: number;
  what?: string;
}

/**
 * Waits until `condition` gives something truthy and returns it. A condition that throws counts as not yet
 * true; its last error becomes the cause when the time runs out.
 */
export async function waitFor<T>(
  condition: () => T | Promise<T>,
  { timeoutMs = 10_000, intervalMs = 20, what = "the condition" }: WaitOptions = {},
): Promise<NonNullable<T>> {
  const deadline = performance.now() + timeoutMs;
  let cause: unknown;
  for (;;) {
    try {
      const value = await condition();
      if (value) return value;
      cause = undefined;
    } catch (error) {
      cause = error;
    }
    if (performance.now() + intervalMs > deadline) break;
    await delay(intervalMs);
  }
  const because = cause instanceof Error ? `: ${cause.message}` : "";
  throw new Error(`Waited ${timeoutMs} ms in vain for ${what}${because}`, { cause });
}
