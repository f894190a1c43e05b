/**
 * The circuit breaker of a model, kept in Redis for all processes. A hash holds what the last calls came to, or,
 * while the breaker is open, until when nothing is admitted; a second key holds the one call that probes after that.
 * A Redis that lost both starts closed and learns it again.
 */

/** What a call says about its model; `none`: it was withdrawn, or never made. */
export type CallVerdict = "alive" | "failed" | "key_refused" | "none";

export const BREAKER_REASONS = ["failures", "key_refused"] as const;
export type BreakerReason = (typeof BREAKER_REASONS)[number];

/** Why a breaker opened, stayed open for longer, or closed. */
export const BREAKER_TURNS = {
  failures: "open",
  key_refused: "open",
  probe_failed: "open",
  probe_succeeded: "closed",
} as const;
export type BreakerTurn = keyof typeof BREAKER_TURNS;

/** Two calls that fail are an accident. */
const LEAST_CALLS = 5;
/**
 * Older calls fade: counts are scaled down to so many. A window of time would have to fill with failures first,
 * which under steady traffic takes half its length, and in a quiet model would never hold enough calls.
 */
const MOST_CALLS = 20;
/** Failures in a row that open it whatever came before: fewer than the attempts of one job, by default. */
const STREAK = 5;
/** A model that was not called for so long is judged anew; longer than the pauses between a lone job's attempts. */
const MEMORY_MS = 60_000;
const FIRST_COOL_MS = 1_000;
const MAX_COOL_MS = 30_000;
/** An open breaker that nobody asked about for so long is forgotten: the next call finds out. */
const FORGOTTEN_MS = 3_600_000;
/** While a probe is on the wire, the others look again so soon. */
const PROBE_WAIT_MS = 1_000;

/** KEYS: 2 the breaker, 3 its probe. Needs `now`, in µs. */
const TALLY = `
local function tally(succeeded, failed)
  local seen = redis.call('HMGET', KEYS[2], 'calls', 'failures', 'streak')
  local calls = tonumber(seen[1] or 0) + succeeded + failed
  local failures = tonumber(seen[2] or 0) + failed
  local streak = succeeded > 0 and 0 or tonumber(seen[3] or 0) + failed
  if calls > ${MOST_CALLS} then
    failures = failures * ${MOST_CALLS} / calls
    calls = ${MOST_CALLS}
  end
  redis.call('HSET', KEYS[2], 'calls', calls, 'failures', string.format('%.6f', failures), 'streak', streak)
  redis.call('PEXPIRE', KEYS[2], ${MEMORY_MS})
  return calls >= ${LEAST_CALLS} and (failures * 2 >= calls or streak >= ${STREAK})
end
`;

/**
 * Defines `breakerWait(id, succeeded, reserveMs)`: ms to wait, or nil; and whether the call would be the probe, which it
 * leaves to others for `reserveMs` from when a probe is due.
 */
export const BREAKER_ASK = `${TALLY}
local function breakerWait(id, succeeded, reserveMs)
  local untilUs = tonumber(redis.call('HGET', KEYS[2], 'until'))
  if not untilUs then
    if succeeded > 0 then tally(succeeded, 0) end
    return nil, false
  end
  if untilUs > now then return math.ceil((untilUs - now) / 1000), false end
  local holder = redis.call('GET', KEYS[3])
  if holder and holder ~= id then return ${PROBE_WAIT_MS}, false end
  if untilUs + reserveMs * 1000 > now then return ${PROBE_WAIT_MS}, false end
  return nil, true
end
`;

/** Defines `breakerTurn(id, verdict)`: the turn that the breaker took, or the empty string. */
export const BREAKER_TELL = `${TALLY}
local function open(coolMs, reason)
  redis.call('DEL', KEYS[2])
  local untilUs = string.format('%.0f', now + coolMs * 1000)
  redis.call('HSET', KEYS[2], 'until', untilUs, 'coolMs', coolMs, 'reason', reason)
  redis.call('PEXPIRE', KEYS[2], ${FORGOTTEN_MS})
end
local function breakerTurn(id, verdict)
  local isProbe = redis.call('GET', KEYS[3]) == id
  local coolMs = tonumber(redis.call('HGET', KEYS[2], 'coolMs'))
  if isProbe then redis.call('DEL', KEYS[3]) end
  if verdict == 'none' or (coolMs and not isProbe) then return '' end
  if verdict == 'alive' then
    if not isProbe then return '' end
    redis.call('DEL', KEYS[2])
    return 'probe_succeeded'
  end
  local reason = verdict == 'failed' and 'failures' or verdict
  if coolMs then
    open(math.min(coolMs * 2, ${MAX_COOL_MS}), reason)
    return 'probe_failed'
  end
  if verdict == 'failed' and not tally(0, 1) then return '' end
  open(${FIRST_COOL_MS}, reason)
  return reason
end
`;
