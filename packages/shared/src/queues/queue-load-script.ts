/** Queue jobs that are looked at for their age. */
const LOOKED_AT = 500;
/** The longest step of a flow (see `openFairTags`). */
const LONGEST_STEP = 4;

/**
 * KEYS: BullMQ's wait, prioritized, active, delayed and meta of one queue; the flows of fair shares; slots and tempo of its
 * workers. ARGV: within how many ms what is delayed counts as due, then the prefix of the queue's job keys. Answers the
 * time, paused, waiting, prioritized, active, delayed, due, age of the oldest in ms, slots, and runs, seconds and tokens of
 * late (as text, since a number would lose its fraction).
 *
 * The oldest one is at the end of the list of those without a place. Those with a place stand in turns, and of each flow
 * the oldest is its next, which is never further behind the present turn than one step: so it is among those few, in which
 * every flow has some. Only with hundreds of tenants that wait at once an older one may be missed.
 * A delay that was asked for is no waiting. Of those whose delay has passed without a worker, the first is the oldest.
 */
export const READ_QUEUE = `
local UNIT, STEPS_PER_MS = 4294967296, 4096
local wait, prioritized, active, delayed, meta, flows, slots, tempo = unpack(KEYS)
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local start = now
local ids = redis.call('LRANGE', wait, -1, -1)
local head = redis.call('ZRANGE', prioritized, 0, 0, 'WITHSCORES')[2]
if head then
  local turn = math.max(math.floor(head / UNIT), tonumber(redis.call('ZSCORE', flows, '') or 0))
  local last = string.format('%.0f', (turn + ${LONGEST_STEP} + 1) * UNIT)
  for _, id in ipairs(redis.call('ZRANGEBYSCORE', prioritized, head, last, 'LIMIT', 0, ${LOOKED_AT})) do ids[#ids + 1] = id end
end
for _, id in ipairs(ids) do
  local added = tonumber(redis.call('HGET', ARGV[2] .. id, 'timestamp') or '')
  -- One that was added later cannot have begun to wait before; of few the delay has to be read.
  if added and added < start then
    local options = redis.call('HGET', ARGV[2] .. id, 'opts') or ''
    start = math.min(start, added + (string.match(options, '"delay":(%d+)') or 0))
  end
end
local due = redis.call('ZRANGE', delayed, 0, 0, 'WITHSCORES')[2]
if due then start = math.min(start, math.floor(due / STEPS_PER_MS)) end

local capacity = 0
for _, worker in ipairs(redis.call('ZRANGEBYSCORE', slots, '(' .. now, '+inf')) do
  capacity = capacity + string.match(worker, '%d+$')
end
local dueBy = string.format('%.0f', (now + ARGV[1] + 1) * STEPS_PER_MS - 1)
local answer = {
  now,
  redis.call('HEXISTS', meta, 'paused'),
  redis.call('LLEN', wait),
  redis.call('ZCARD', prioritized),
  redis.call('LLEN', active),
  redis.call('ZCARD', delayed),
  redis.call('ZCOUNT', delayed, '-inf', dueBy),
  now - start,
  capacity,
}
for _, sum in ipairs(redis.call('HMGET', tempo, 'runs', 'seconds', 'tokens')) do answer[#answer + 1] = sum or '0' end
return answer
`;
