import type { Brake } from "./brake.ts";

/** Redis answers and takes no write: its memory or disk is full, it is a replica, has too few, or still loads. */
const REFUSAL = /\b(OOM|READONLY|NOREPLICAS|MISCONF|LOADING)\b/;
const MAX_CAUSES = 5;

/** Whether Redis refused a write, told from an error or what caused it. */
export function isRedisRefusal(error: unknown): boolean {
  let cause = error;
  for (let depth = 0; cause instanceof Error && depth < MAX_CAUSES; depth += 1) {
    if (REFUSAL.test(cause.message)) return true;
    cause = cause.cause;
  }
  return false;
}

const FIRST_PAUSE_MS = 1_000;
/** Redis is found well again so soon after it is; until then each worker asks so often. */
const MAX_PAUSE_MS = 4_000;

/**
 * Pulls a brake for refusals: without it a worker asks again at once, thousands of times a second. The pause
 * doubles while refusals go on; each is half to one and a half of its length, so that workers do not return as a herd.
 */
export function brakeOnRefusals(brake: Brake): { refused: () => void; succeeded: () => void } {
  let pauseMs = FIRST_PAUSE_MS;
  return {
    refused() {
      // What was under way when the brake was pulled fails for the same reason.
      if (brake.isOn) return;
      brake.pull(pauseMs * (0.5 + Math.random()));
      pauseMs = Math.min(pauseMs * 2, MAX_PAUSE_MS);
    },
    succeeded() {
      pauseMs = FIRST_PAUSE_MS;
    },
  };
}
