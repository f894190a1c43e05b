/** Numbers that the script answers of each queue. */
export const SUMS = 11;
/** Keys that it is given of each queue. */
const KEYS_PER_QUEUE = 8;
/** Queue jobs of one queue that are looked at for their age. */
const LOOKED_AT = 500;
/** The longest step of a flow (see `openFairTags`). */
const LONGEST_STEP = 4;

/**
 * KEYS of each queue: BullMQ's wait, prioritized, active, delayed and meta; the flows of fair shares; slots and tempo of
 * its workers. ARGV: within how many ms what is delayed counts as due, then the prefix of each queue's job keys. Answers
 * the time, then of each queue: paused, waiting, prioritized, active, delayed, due, age of the oldest in ms, slots, and
 * runs, seconds and tokens of late (as text, since a number would lose its fraction).
 *
 * The oldest one is at the end of the list of those without a place. Those with a place stand in turns, and of each flow
 * the oldest is its next, which is never further behind the present turn than one step: so it is among those few, in which
 * every flow has some. Only with hundreds of tenants that wait at once an older one may be missed.
 * A delay that was asked for is no waiting. Of those whose delay has passed without a worker, the first is the oldest.
 */
export const READ_QUEUES = `
local UNIT, STEPS_PER_MS = 4294967296, 4096
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local function dueBy(at) return string.format('%.0f', (at + 1) * STEPS_PER_MS - 1) end
local function startOf(jobKey)
  local job = redis.call('HMGET', jobKey, 'timestamp', 'opts')
  if not job[1] then return now end
  return job[1] + (string.match(job[2] or '', '"delay":(%d+)') or 0)
end
local function oldest(wait, prioritized, delayed, flows, base)
  local start = now
  local ids = redis.call('LRANGE', wait, -1, -1)
  local head = redis.call('ZRANGE', prioritized, 0, 0, 'WITHSCORES')[2]
  if head then
    local turn = math.max(math.floor(head / UNIT), tonumber(redis.call('ZSCORE', flows, '') or 0))
    local last = string.format('%.0f', (turn + ${LONGEST_STEP} + 1) * UNIT)
    for _, id in ipairs(redis.call('ZRANGEBYSCORE', prioritized, head, last, 'LIMIT', 0, ${LOOKED_AT})) do ids[#ids + 1] = id end
  end
  for _, id in ipairs(ids) do start = math.min(start, startOf(base .. id)) end
  local due = redis.call('ZRANGE', delayed, 0, 0, 'WITHSCORES')[2]
  if due then start = math.min(start, math.floor(due / STEPS_PER_MS)) end
  return now - start
end
local answer = {now}
local function add(number) answer[#answer + 1] = number end
for queue = 0, #KEYS / ${KEYS_PER_QUEUE} - 1 do
  local first = queue * ${KEYS_PER_QUEUE}
  local wait, prioritized, active, delayed = KEYS[first + 1], KEYS[first + 2], KEYS[first + 3], KEYS[first + 4]
  add(redis.call('HEXISTS', KEYS[first + 5], 'paused'))
  add(redis.call('LLEN', wait))
  add(redis.call('ZCARD', prioritized))
  add(redis.call('LLEN', active))
  add(redis.call('ZCARD', delayed))
  add(redis.call('ZCOUNT', delayed, '-inf', dueBy(now + ARGV[1])))
  add(oldest(wait, prioritized, delayed, KEYS[first + 6], ARGV[queue + 2]))
  local slots = 0
  for _, worker in ipairs(redis.call('ZRANGEBYSCORE', KEYS[first + 7], '(' .. now, '+inf')) do
    slots = slots + string.match(worker, '%d+$')
  end
  add(slots)
  for _, sum in ipairs(redis.call('HMGET', KEYS[first + 8], 'runs', 'seconds', 'tokens')) do add(sum or '0') end
end
return answer
`;
