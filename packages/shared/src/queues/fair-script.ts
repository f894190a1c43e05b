/** Bound of BullMQ's priorities: with the counter it keeps below them they fill the 53 bits of a score. */
export const MAX_TAG = 2 ** 21 - 1;
/** A turn later than this moves all tags down, so that a flow has room for at least as many ahead. */
const REBASE_AT = 2 ** 20;

/**
 * Start-time fair queueing with finish tags (self-clocked, after Golestani): the tag of a summons is how many steps its flow
 * has taken, begun at the turn of the queue job that is served next. Where nothing waits the turn is at the highest
 * tag given so far: what was done while nobody else wanted to is held against no one.
 *
 * KEYS: the flows' last tags and, as the member '', the turn; then BullMQ's prioritized, delayed, active and wait.
 * ARGV: prefix of the queue jobs' keys, then of each summons: queue job, flow, step. A queue job that is there already keeps
 * its tag, and its flow takes no step. Answers the tags.
 */
export const TAG = `
local flows, prioritized, delayed = KEYS[1], KEYS[2], KEYS[3]
local UNIT = 4294967296
local function atEnd(key, place)
  local found = redis.call('ZRANGE', key, place, place, 'WITHSCORES')
  return found[1], tonumber(found[2])
end
local function retag(id, tag) redis.call('HSET', ARGV[1] .. id, 'priority', tag) end

local turn = tonumber(redis.call('ZSCORE', flows, '') or 0)
local _, head = atEnd(prioritized, 0)
local _, highest = atEnd(flows, -1)
highest = math.max(highest or 0, turn)
if head then turn = math.max(turn, math.floor(head / UNIT)) else turn = highest end
highest = math.max(highest, turn)
redis.call('ZREMRANGEBYSCORE', flows, '-inf', turn)

if turn >= ${REBASE_AT} then
  local shift = turn - 2
  local waiting = redis.call('ZRANGE', prioritized, 0, -1, 'WITHSCORES')
  for index = 1, #waiting, 2 do
    local score = tonumber(waiting[index + 1])
    local tag = math.floor(score / UNIT)
    local place = score - tag * UNIT
    tag = tag - shift
    if tag < 2 then tag, place = 1, index end
    redis.call('ZADD', prioritized, tag * UNIT + place, waiting[index])
    retag(waiting[index], tag)
  end
  local others = {redis.call('ZRANGE', delayed, 0, -1), redis.call('LRANGE', KEYS[4], 0, -1), redis.call('LRANGE', KEYS[5], 0, -1)}
  for _, ids in ipairs(others) do
    for _, id in ipairs(ids) do
      local tag = tonumber(redis.call('HGET', ARGV[1] .. id, 'priority') or 0)
      if tag > 0 then retag(id, math.max(1, tag - shift)) end
    end
  end
  local lasts = redis.call('ZRANGE', flows, 0, -1, 'WITHSCORES')
  for index = 1, #lasts, 2 do redis.call('ZADD', flows, lasts[index + 1] - shift, lasts[index]) end
  turn, highest = 2, highest - shift
end

-- A tag that no flow has come to was given before the tags were moved and added after it: it is due now.
while true do
  local id, score = atEnd(prioritized, -1)
  if not id or score < (highest + 1) * UNIT then break end
  redis.call('ZADD', prioritized, math.max(turn, 1) * UNIT, id)
  retag(id, math.max(turn, 1))
end

local tags, last = {}, {}
for index = 2, #ARGV, 3 do
  local known = redis.call('HGET', ARGV[1] .. ARGV[index], 'priority')
  local flow = ARGV[index + 1]
  if known then
    tags[#tags + 1] = math.max(1, tonumber(known))
  else
    last[flow] = last[flow] or tonumber(redis.call('ZSCORE', flows, flow) or turn)
    last[flow] = math.min(${MAX_TAG}, last[flow] + tonumber(ARGV[index + 2]))
    tags[#tags + 1] = last[flow]
  end
end
local state = {turn, ''}
for flow, tag in pairs(last) do
  state[#state + 1] = tag
  state[#state + 1] = flow
end
redis.call('ZADD', flows, unpack(state))
return tags
`;
