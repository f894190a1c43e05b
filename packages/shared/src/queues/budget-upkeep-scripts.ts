import { BUDGET_MONEY } from "./budget-scripts.ts";

/**
 * KEYS: scratch, all accounts. ARGV: prefix, mark, 1 where what the accounts say is not to be relied on, their names.
 * A mark says that whoever left it is reading the rows: it goes with the accounts when Redis loses them.
 */
export const MARK = `${BUDGET_MONEY}
for arg = 4, #ARGV do
  local key = keyOf(ARGV[arg])
  if ARGV[3] == '1' then redis.call('HDEL', key, 'built') end
  redis.call('HSET', key, 'mark', ARGV[2])
  redis.call('SADD', KEYS[2], ARGV[arg])
end
return 1
`;

/**
 * KEYS: scratch. ARGV: prefix, pass, name, oldest slice. From now on the account notes what charges add and take back.
 * Answers what they took back since the last time.
 */
export const BEGIN = `${BUDGET_MONEY}
local key = keyOf(ARGV[3])
evict(key, ARGV[4])
local taken = get(key, 'neg')
redis.call('HSET', key, 'pass', ARGV[2], 'pos', '0', 'neg', '0')
return taken
`;

/**
 * KEYS: scratch. ARGV: prefix, pass, name, oldest slice, present slice, mark, what was spent at least, at most, then
 * slice and amount of each part of the most. Answers 0 where the window has moved or somebody else has begun: look
 * again; 1 where the account was right, 2 where it was corrected or built.
 */
export const FINISH = `${BUDGET_MONEY}
local key, present = keyOf(ARGV[3]), 'slice:' .. ARGV[5]
if get(key, 'pass') ~= ARGV[2] or get(key, 'oldest') ~= ARGV[4] then return 0 end
local isBuilt = redis.call('HEXISTS', key, 'built') == 1
if not isBuilt and get(key, 'mark') ~= ARGV[6] then return 0 end
local spent, pos = get(key, 'spent'), get(key, 'pos')
local least, most = add(ARGV[7], get(key, 'neg')), add(ARGV[8], pos)
redis.call('HDEL', key, 'pass', 'mark')
if isBuilt and more(least, spent) and not more(least, most) then
  redis.call('HINCRBY', key, present, add(least, neg(spent)))
  redis.call('HSET', key, 'spent', least)
  return 2
end
if isBuilt and not more(spent, most) then return 1 end
local all = redis.call('HGETALL', key)
for index = 1, #all, 2 do
  if string.match(all[index], '^slice:') then redis.call('HDEL', key, all[index]) end
end
for arg = 9, #ARGV, 2 do redis.call('HINCRBY', key, 'slice:' .. ARGV[arg], ARGV[arg + 1]) end
if pos ~= '0' then redis.call('HINCRBY', key, present, pos) end
redis.call('HSET', key, 'spent', most, 'built', '1')
return 2
`;

/** KEYS: scratch, job, index, all accounts. ARGV: prefix, job id, generation, amount, now in ms, accounts. Reserves, whatever they hold. */
export const RESTORE = `${BUDGET_MONEY}
if tonumber(ARGV[3]) > tonumber(get(KEYS[2], 'gen')) then redis.call('HSET', KEYS[2], 'gen', ARGV[3]) end
for arg = 6, #ARGV do
  local own = get(KEYS[2], 'r:' .. ARGV[arg])
  local delta = add(ARGV[4], neg(own))
  if more(ARGV[4], own) and sum(get(keyOf(ARGV[arg]), 'reserved'), delta) then
    redis.call('HINCRBY', keyOf(ARGV[arg]), 'reserved', delta)
    redis.call('HSET', KEYS[2], 'r:' .. ARGV[arg], ARGV[4])
    redis.call('SADD', KEYS[4], ARGV[arg])
    redis.call('PERSIST', KEYS[2])
    redis.call('ZADD', KEYS[3], 'NX', ARGV[5], ARGV[2])
  end
end
return 1
`;

/**
 * KEYS: scratch, all accounts. ARGV: prefix, then of each budget that there is: its account, its oldest slice, and the one
 * that may be its oldest for a clock that is somewhat ahead. An account that a clock has moved further on has lost what was
 * spent in between: it is set back, and must be built anew. So must one without a budget, should that come back; it stays
 * until the jobs that hold something of it end.
 */
export const TIDY = `${BUDGET_MONEY}
local known, forgotten = {}, 0
for arg = 2, #ARGV, 3 do
  local key = keyOf(ARGV[arg])
  known[ARGV[arg]] = true
  local seen = redis.call('HGET', key, 'oldest')
  if seen and tonumber(seen) > tonumber(ARGV[arg + 2]) then
    for _, field in ipairs(redis.call('HKEYS', key)) do
      if string.match(field, '^slice:') then redis.call('HDEL', key, field) end
    end
    redis.call('HDEL', key, 'built', 'spent', 'pass', 'mark')
    redis.call('HSET', key, 'oldest', ARGV[arg + 1])
  end
end
for _, account in ipairs(redis.call('SMEMBERS', KEYS[2])) do
  if not known[account] then
    redis.call('HDEL', keyOf(account), 'built')
    if get(keyOf(account), 'reserved') == '0' then
      redis.call('DEL', keyOf(account))
      redis.call('SREM', KEYS[2], account)
      forgotten = forgotten + 1
    end
  end
end
return forgotten
`;
