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
 * KEYS: the reservation, the queue jobs that wait, then requests, tokens, calls in flight and hold of each scope.
 * ARGV: id, tokens, lease in ms (0: nothing to keep), then of each scope: µs per request, burst, µs per token, burst, calls in flight.
 * Answers the limit (nothing: admitted), ms until it has room, and ms over which to spread those who wait: as long
 * as it takes to let all of them through, so that they ask about twice as often as there is room, however many.
 */
export const ADMIT = `${NOW}
if redis.call('EXISTS', KEYS[1]) == 1 then return {'', 0, 0} end
local id, tokens, leaseMs = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local names, amounts = {'requests', 'tokens'}, {1, tokens}
local limit, wait, pace, due = '', 0, 0, {}
local function refuse(name, us, each)
  if us > wait then limit, wait, pace = name, us, each end
end
for scope = 0, (#KEYS - 2) / 4 - 1 do
  local key, arg = 2 + scope * 4, 3 + scope * 5
  for bucket = 1, 2 do
    local us, burst = tonumber(ARGV[arg + bucket * 2 - 1]), tonumber(ARGV[arg + bucket * 2])
    if us > 0 then
      local at = math.max(now, tonumber(redis.call('GET', KEYS[key + bucket]) or now))
      local room = (burst - math.min(amounts[bucket], burst)) * us
      refuse(names[bucket], at - now - room, amounts[bucket] * us)
      due[key + bucket] = at + amounts[bucket] * us
    end
  end
  local most = tonumber(ARGV[arg + 5])
  if most > 0 then
    redis.call('ZREMRANGEBYSCORE', KEYS[key + 3], '-inf', string.format('%.0f', now))
    if redis.call('ZCARD', KEYS[key + 3]) >= most then
      refuse('in_flight', ${SLOT_WAIT_MS * 1_000}, ${SLOT_WAIT_MS * 1_000})
    end
  end
  local holdMs = redis.call('PTTL', KEYS[key + 4])
  if holdMs > 0 then refuse('hold', holdMs * 1000, 0) end
end
if limit ~= '' then
  local spread = wait / 10 + pace * redis.call('ZCARD', KEYS[2])
  return {limit, math.ceil(wait / 1000), math.ceil(spread / 1000)}
end
for key, at in pairs(due) do settled(KEYS[key], at) end
for scope = 0, (#KEYS - 2) / 4 - 1 do
  if tonumber(ARGV[8 + scope * 5]) > 0 then occupy(KEYS[5 + scope * 4], id, leaseMs) end
end
if leaseMs > 0 then redis.call('SET', KEYS[1], tokens, 'PX', leaseMs) end
return {'', 0, 0}
`;

/**
 * KEYS: the reservation, then the calls in flight of each scope that limits them. ARGV: id, lease in ms.
 * One that Redis has lost is entered anew; of its tokens nothing is known, so that none are given back.
 */
export const RENEW = `${NOW}
local state = redis.call('GET', KEYS[1])
if state == 'released' then return 0 end
redis.call('SET', KEYS[1], state or 'renewed', 'PX', ARGV[2])
for index = 2, #KEYS do occupy(KEYS[index], ARGV[1], tonumber(ARGV[2])) end
return 1
`;

/**
 * KEYS: the reservation, then tokens and calls in flight of each scope. ARGV: id, the tokens used or nothing, then
 * µs per token of each scope. A second time changes nothing.
 */
export const RELEASE = `${NOW}
local state = redis.call('GET', KEYS[1])
if state == 'released' then return 0 end
local reserved, used = tonumber(state or ''), tonumber(ARGV[2])
for scope = 1, (#KEYS - 1) / 2 do
  local us = tonumber(ARGV[2 + scope])
  if reserved and used and us > 0 then
    local at = math.max(now, tonumber(redis.call('GET', KEYS[scope * 2]) or now))
    settled(KEYS[scope * 2], at + (used - reserved) * us)
  end
  redis.call('ZREM', KEYS[scope * 2 + 1], ARGV[1])
end
redis.call('SET', KEYS[1], 'released', 'XX', 'KEEPTTL')
return 1
`;

/** KEYS: the hold of a scope. ARGV: ms. A shorter one never shortens a longer one. */
export const HOLD = `
if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[1]) then redis.call('SET', KEYS[1], 1, 'PX', ARGV[1]) end
return 1
`;
