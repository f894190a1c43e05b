/**
 * The scripts of budgets. Each is atomic over all the accounts it touches. Money is never a Lua number, which is a
 * double: it is added by HINCRBY, which is exact to 64 bits, and compared as text. What would not fit is not counted: only
 * an account that refuses nothing can come so far, and a script that failed half-way would leave its first half done.
 *
 * An account is a hash: `built` once it holds all that was spent, `spent`, `reserved`, `oldest` (the slice before which
 * nothing counts any more), `slice:<slice>`, and `pos` and `neg`, what charges added and took back since somebody last
 * began to look up what was spent; `waiting` is `<until>|<amount>|<job>`, what asks that are for no call leave to one
 * that is. A job is a hash: `r:<account>` is reserved for it there, `c:<account>:<attempt>` is
 * `<slice>|<amount>` charged there; `call` is the most that one of its calls asked for, and `gen` the latest generation
 * that was covered: what an earlier one did not release is that one's. All keys start with the queues' prefix, whose hash tag keeps them in one slot of a
 * cluster, also those of accounts that only a job's hash names.
 */

/** A call that waits for room is left it for so long: it is held for a minute at most until it asks again. */
const WAITING_MS = 65_000;

/** KEYS: 1 scratch. ARGV: 1 the prefix of accounts. */
export const BUDGET_MONEY = `
local function neg(a)
  if a == '0' then return a end
  if string.sub(a, 1, 1) == '-' then return string.sub(a, 2) end
  return '-' .. a
end
local function sum(a, b)
  if b == '0' then return a end
  redis.call('HSET', KEYS[1], 'n', a)
  if type(redis.pcall('HINCRBY', KEYS[1], 'n', b)) ~= 'number' then return nil end
  return redis.call('HGET', KEYS[1], 'n')
end
local function add(a, b) return sum(a, b) or error('more money than 64 bits hold') end
local function more(a, b)
  local minusA, minusB = string.sub(a, 1, 1) == '-', string.sub(b, 1, 1) == '-'
  if minusA ~= minusB then return minusB end
  if minusA then return more(neg(b), neg(a)) end
  if #a ~= #b then return #a > #b end
  return a > b
end
local function keyOf(account) return ARGV[1] .. account end
local function get(key, field) return redis.call('HGET', key, field) or '0' end
local function evict(key, oldest)
  local seen = redis.call('HGET', key, 'oldest')
  if seen and tonumber(seen) >= tonumber(oldest) then return end
  redis.call('HSET', key, 'oldest', oldest)
  if not seen then return end
  local all = redis.call('HGETALL', key)
  for index = 1, #all, 2 do
    local slice = string.match(all[index], '^slice:(%-?%d+)$')
    if slice and tonumber(slice) < tonumber(oldest) then
      redis.call('HINCRBY', key, 'spent', neg(all[index + 1]))
      redis.call('HDEL', key, all[index])
    end
  end
end
`;

/** KEYS: 2 the job, 3 the index of jobs with reservations. ARGV: 2 the job's id. Defines `releaseAll()`. */
const RELEASE_ALL = `
local function releaseAll()
  local all = redis.call('HGETALL', KEYS[2])
  for index = 1, #all, 2 do
    local account = string.match(all[index], '^r:(.*)$')
    if account then
      if redis.call('EXISTS', keyOf(account)) == 1 then
        redis.call('HINCRBY', keyOf(account), 'reserved', neg(all[index + 1]))
      end
      redis.call('HDEL', KEYS[2], all[index])
    end
  end
  redis.call('HDEL', KEYS[2], 'call')
  redis.call('ZREM', KEYS[3], ARGV[2])
end
`;

/**
 * KEYS: scratch, job, index, all accounts. ARGV: prefix, job id, generation, amount, now in ms, 1 where it is for a call and 2 where
 * that is waited for, then of each account: its name, its limit, 1 where it refuses, the oldest slice. Answers nothing where so much is reserved in all of them now, else of each account
 * that has no room: its place, what is reserved there for the job, and all that it holds.
 */
export const COVER = `${BUDGET_MONEY}
local amount, refused, due, marks = ARGV[4], {}, {}, {}
local function waiting(key)
  local untilMs, needed, jobId = string.match(get(key, 'waiting'), '^(%d+)|(%d+)|(.*)$')
  if untilMs and tonumber(untilMs) > tonumber(ARGV[5]) then return jobId, needed end
  return nil, '0'
end
for arg = 7, #ARGV, 4 do
  local account, limit, isHard = ARGV[arg], ARGV[arg + 1], ARGV[arg + 2] == '1'
  local key = keyOf(account)
  evict(key, ARGV[arg + 3])
  local own = get(KEYS[2], 'r:' .. account)
  local grows, delta = more(amount, own), add(amount, neg(own))
  local isOut = isHard and redis.call('HEXISTS', key, 'built') == 0
  if grows and isHard and not isOut then
    local waiter, left = waiting(key)
    if ARGV[6] ~= '0' then left = '0' end
    local spent = get(key, 'spent')
    local used, alone = sum(spent, get(key, 'reserved')), sum(spent, amount)
    used = used and sum(used, add(delta, left))
    isOut = not used or more(used, limit)
    if isOut and ARGV[6] == '2' and (waiter or ARGV[2]) == ARGV[2] and alone and not more(alone, limit) then
      table.insert(marks, {key, delta})
    end
  end
  if isOut then table.insert(refused, {(arg - 7) / 4, own, redis.call('HGETALL', key)})
  elseif grows and sum(get(key, 'reserved'), delta) then due[account] = delta end
end
if #refused > 0 then
  for _, mark in ipairs(#marks == #refused and marks or {}) do
    redis.call('HSET', mark[1], 'waiting', string.format('%.0f', ARGV[5] + ${WAITING_MS}) .. '|' .. mark[2] .. '|' .. ARGV[2])
  end
  return refused
end
local isNew = amount ~= '0' and tonumber(ARGV[3]) > tonumber(get(KEYS[2], 'gen'))
if isNew then redis.call('HSET', KEYS[2], 'gen', ARGV[3]) end
if ARGV[6] ~= '0' and more(amount, get(KEYS[2], 'call')) then redis.call('HSET', KEYS[2], 'call', amount) end
for account, delta in pairs(due) do
  if waiting(keyOf(account)) == ARGV[2] then redis.call('HDEL', keyOf(account), 'waiting') end
  redis.call('HINCRBY', keyOf(account), 'reserved', delta)
  redis.call('HSET', KEYS[2], 'r:' .. account, amount)
  redis.call('SADD', KEYS[4], account)
end
if amount ~= '0' then
  redis.call('PERSIST', KEYS[2])
  redis.call('ZADD', KEYS[3], ARGV[5], ARGV[2])
end
return {}
`;

/** KEYS: scratch, job. ARGV: prefix, amount. What is reserved for the job anywhere is no more than that then. */
export const SHRINK = `${BUDGET_MONEY}
local amount, call = ARGV[2], get(KEYS[2], 'call')
if more(call, amount) then amount = call end
local all = redis.call('HGETALL', KEYS[2])
for index = 1, #all, 2 do
  local account = string.match(all[index], '^r:(.*)$')
  if account and more(all[index + 1], amount) then
    if redis.call('EXISTS', keyOf(account)) == 1 then
      redis.call('HINCRBY', keyOf(account), 'reserved', add(amount, neg(all[index + 1])))
    end
    redis.call('HSET', KEYS[2], all[index], amount)
  end
end
return 1
`;

/**
 * KEYS: scratch, job, index, all accounts. ARGV: prefix, job id, generation, ms that the job is remembered for, 1 where it
 * may have been charged before, number of accounts, of each its name and its oldest slice; then of each charge: attempt,
 * amount, 1 where its generation ended before, and the slice in each account. What was reserved for the job is released,
 * unless that is a later generation's by now. What counts by whoever charges, and not any more by the account, which a
 * clock that was ahead has moved on, counts in the oldest slice that there is.
 */
export const CHARGE = `${BUDGET_MONEY}${RELEASE_ALL}
local isRepeat, count = ARGV[5] == '1', tonumber(ARGV[6])
local isOver = tonumber(ARGV[3]) < tonumber(get(KEYS[2], 'gen'))
local first = 7 + count * 2
for index = 0, count - 1 do
  local account, oldest = ARGV[7 + index * 2], ARGV[8 + index * 2]
  local key = keyOf(account)
  evict(key, oldest)
  local eldest = redis.call('HGET', key, 'oldest')
  local isCovered = not isOver and redis.call('HEXISTS', KEYS[2], 'r:' .. account) == 1
  for arg = first, #ARGV, 3 + count do
    local field, amount, isEarlier = 'c:' .. account .. ':' .. ARGV[arg], ARGV[arg + 1], ARGV[arg + 2] == '1'
    local slice, before = ARGV[arg + 3 + index], redis.call('HGET', KEYS[2], field)
    local had = '0'
    if before then slice, had = string.match(before, '^(%-?%d+)|(.*)$')
    elseif tonumber(slice) >= tonumber(oldest) and tonumber(slice) < tonumber(eldest) then slice = eldest end
    local delta = add(amount, neg(had))
    local isDue = before or (not isEarlier and (isCovered or not isRepeat))
    if isDue and sum(get(key, 'spent'), delta) then
      if delta ~= '0' and tonumber(slice) >= tonumber(eldest) then
        redis.call('HINCRBY', key, 'slice:' .. slice, delta)
        redis.call('HINCRBY', key, 'spent', delta)
        redis.call('HINCRBY', key, more('0', delta) and 'neg' or 'pos', delta)
        redis.call('SADD', KEYS[4], account)
      end
      redis.call('HSET', KEYS[2], field, slice .. '|' .. amount)
    end
  end
end
if not isOver then
  releaseAll()
  redis.call('PEXPIRE', KEYS[2], ARGV[4])
end
return 1
`;

/**
 * KEYS: scratch, job, index. ARGV: prefix, job id, ms that the job is remembered for, the instant before which whatever it
 * holds was covered: else it stays.
 */
export const RELEASE = `${BUDGET_MONEY}${RELEASE_ALL}
if tonumber(redis.call('ZSCORE', KEYS[3], ARGV[2]) or '0') > tonumber(ARGV[4]) then return 0 end
releaseAll()
if redis.call('PTTL', KEYS[2]) == -1 then redis.call('PEXPIRE', KEYS[2], ARGV[3]) end
return 1
`;

/** KEYS: scratch. ARGV: prefix, then of each account: its name and its oldest slice. Of each: spent, reserved, built. */
export const READ = `${BUDGET_MONEY}
local standings = {}
for arg = 2, #ARGV, 2 do
  local key = keyOf(ARGV[arg])
  if redis.call('EXISTS', key) == 1 then evict(key, ARGV[arg + 1]) end
  table.insert(standings, {get(key, 'spent'), get(key, 'reserved'), get(key, 'built')})
end
return standings
`;
