import { BREAKER_ASK, BREAKER_TELL } from "./admission-breaker.ts";

/**
 * The scripts of admission. Each is atomic over all its scopes, and only Redis's own clock counts. A bucket is one
 * instant, at which all that was taken is paid off (GCRA); no instant, or one that has passed: a full bucket.
 */

/** A slot frees itself without a word: whoever waits for one looks again so soon. */
const SLOT_WAIT_MS = 250;

const NOW = `
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local function settled(key, at)
  if at <= now then redis.call('DEL', key) return end
  redis.call('SET', key, string.format('%.0f', math.ceil(at)), 'PX', string.format('%.0f', math.ceil((at - now) / 1000)))
end
local function occupy(key, id, leaseMs)
  redis.call('ZADD', key, string.format('%.0f', now + leaseMs * 1000), id)
  if redis.call('PTTL', key) < leaseMs then redis.call('PEXPIRE', key, leaseMs) end
end
`;

/**
 * KEYS: the reservation, the model's breaker and its probe, then requests, tokens, calls in flight and hold of each
 * scope. ARGV: id, tokens, lease in ms, whether there are limits (else nothing is kept of the call), calls that
 * succeeded since the last one was asked for, for how many ms it leaves a probe to others, then of each scope: µs per
 * request, burst, µs per token, burst, calls in flight. Answers the limit (nothing: admitted), ms until it has room, and
 * 1 for the probe of an open breaker.
 */
export const ADMIT = `${NOW}${BREAKER_ASK}
local id, tokens, leaseMs, isLimited = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4] == '1'
if redis.call('EXISTS', KEYS[1]) == 1 then
  return {'', 0, redis.call('GET', KEYS[3]) == id and 1 or 0}
end
local waitMs, isProbe = breakerWait(id, tonumber(ARGV[5]), tonumber(ARGV[6]))
if waitMs then return {'breaker', waitMs, 0} end
local names, amounts = {'requests', 'tokens'}, {1, tokens}
local limit, wait, due = '', 0, {}
local function refuse(name, us)
  if us > wait then limit, wait = name, us end
end
for scope = 0, (#KEYS - 3) / 4 - 1 do
  local key, arg = 3 + scope * 4, 6 + scope * 5
  for bucket = 1, 2 do
    local us, burst = tonumber(ARGV[arg + bucket * 2 - 1]), tonumber(ARGV[arg + bucket * 2])
    if us > 0 then
      local at = math.max(now, tonumber(redis.call('GET', KEYS[key + bucket]) or now))
      local room = (burst - math.min(amounts[bucket], burst)) * us
      refuse(names[bucket], at - now - room)
      due[key + bucket] = at + amounts[bucket] * us
    end
  end
  local most = tonumber(ARGV[arg + 5])
  if most > 0 then
    redis.call('ZREMRANGEBYSCORE', KEYS[key + 3], '-inf', string.format('%.0f', now))
    if redis.call('ZCARD', KEYS[key + 3]) >= most then refuse('in_flight', ${SLOT_WAIT_MS * 1_000}) end
  end
  local holdMs = redis.call('PTTL', KEYS[key + 4])
  if holdMs > 0 then refuse('hold', holdMs * 1000) end
end
if limit ~= '' then return {limit, math.ceil(wait / 1000), 0} end
for key, at in pairs(due) do settled(KEYS[key], at) end
for scope = 0, (#KEYS - 3) / 4 - 1 do
  if tonumber(ARGV[11 + scope * 5]) > 0 then occupy(KEYS[6 + scope * 4], id, leaseMs) end
end
if isLimited then redis.call('SET', KEYS[1], tokens, 'PX', leaseMs) end
if isProbe then redis.call('SET', KEYS[3], id, 'PX', leaseMs) end
return {'', 0, isProbe and 1 or 0}
`;

/**
 * KEYS: the reservation, the model's probe, then the calls in flight of each scope that limits them. ARGV: id, lease
 * in ms, whether there are limits. One that Redis has lost is entered anew; of its tokens nothing is known, so that
 * none are given back.
 */
export const RENEW = `${NOW}
local state = redis.call('GET', KEYS[1])
if state == 'released' then return 0 end
if redis.call('GET', KEYS[2]) == ARGV[1] then redis.call('PEXPIRE', KEYS[2], ARGV[2]) end
if ARGV[3] == '1' then redis.call('SET', KEYS[1], state or 'renewed', 'PX', ARGV[2]) end
for index = 3, #KEYS do occupy(KEYS[index], ARGV[1], tonumber(ARGV[2])) end
return 1
`;

/**
 * KEYS: the reservation, the model's breaker and its probe, then tokens and calls in flight of each scope. ARGV: id,
 * the tokens used or nothing, the verdict on the model, then µs per token of each scope. Answers the breaker's turn,
 * mostly none. A second time changes nothing.
 */
export const RELEASE = `${NOW}${BREAKER_TELL}
local state = redis.call('GET', KEYS[1])
if state == 'released' then return '' end
local reserved, used = tonumber(state or ''), tonumber(ARGV[2])
for scope = 1, (#KEYS - 3) / 2 do
  local us = tonumber(ARGV[3 + scope])
  if reserved and used and us > 0 then
    local at = math.max(now, tonumber(redis.call('GET', KEYS[2 + scope * 2]) or now))
    settled(KEYS[2 + scope * 2], at + (used - reserved) * us)
  end
  redis.call('ZREM', KEYS[3 + scope * 2], ARGV[1])
end
redis.call('SET', KEYS[1], 'released', 'XX', 'KEEPTTL')
return breakerTurn(ARGV[1], ARGV[3])
`;

/** KEYS: the hold of a scope. ARGV: ms. A shorter one never shortens a longer one. */
export const HOLD = `
if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[1]) then redis.call('SET', KEYS[1], 1, 'PX', ARGV[1]) end
return 1
`;
