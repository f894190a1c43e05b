import type { SwitchyardError } from "../errors/index.ts";

/** Longest pause between two runs of one summons, unless somebody asked for a longer one. */
const MAX_BACKOFF_MS = 60_000;

/**
 * How long a summons waits after an error, of which `failures` in a row were its own. Somebody else's wish is never
 * undercut, but a provider that says "at once" for ever may not have its way: the pause grows with every failure
 * all the same. Jitter keeps a herd apart.
 */
export function pauseMs(error: SwitchyardError, failures: number): number {
  const wishMs = error.retryAfterMs;
  if (wishMs === undefined) return backoffMs(failures);
  if (!isOwnFailure(error)) return wishMs;
  const leastMs = Math.min(MAX_BACKOFF_MS, 500 * 2 ** Math.min(failures, 10));
  return Math.round(Math.max(wishMs, leastMs) * (1 + Math.random() * 0.1));
}

/** Full jitter, doubling from 1 s. */
export function backoffMs(failures: number): number {
  return Math.round(Math.random() * Math.min(MAX_BACKOFF_MS, 1_000 * 2 ** Math.min(failures, 10)));
}

/** A run that waits its turn has not failed: it must not make a later failure wait longer. */
export function isOwnFailure({ code }: SwitchyardError): boolean {
  return code !== "ROW_CONFLICT" && code !== "LIMIT_REACHED";
}
