/**
 * The steps that must happen at once, as Lua that Redis runs. Numbers are written with `%.0f`:
 * timestamps have 16 digits, and Lua would round them.
 */

import { MAX_KEY_REQUESTS } from './accepted-calls.js';
import { MAX_PLACE_BYTES } from './packed-answer.js';

const ISSUE = `
local function text(number) return string.format('%.0f', number) end

-- Timestamps and indexes that nobody was given before; see timestamp-blocks.ts.
local function issue(clock, count, atLeast)
  local next = tonumber(redis.call('HGET', clock, 'next')) or 0
  local issued = tonumber(redis.call('HGET', clock, 'issued')) or atLeast
  if next < atLeast then next = atLeast end
  redis.call('HSET', clock, 'next', text(next + count), 'issued', text(issued + count))
  return {text(next), text(issued)}
end
`;

/** KEYS: clock. ARGV: count, smallest timestamp. Answers with the first timestamp and index. */
const ISSUE_TIMESTAMPS = `${ISSUE}
return issue(KEYS[1], tonumber(ARGV[1]), tonumber(ARGV[2]))`;

/** KEYS: clock. ARGV: index that was given out; none below it is from now on. */
const RAISE_INDEX = `
local issued = tonumber(redis.call('HGET', KEYS[1], 'issued'))
if not issued or issued < tonumber(ARGV[1]) then
  redis.call('HSET', KEYS[1], 'issued', ARGV[1])
end`;

const IDS_OF = `
-- The requests that a key's record stands for; nothing for what no gateway wrote.
local function idsOf(record)
  local read, parsed = pcall(cjson.decode, record)
  local ids = read and type(parsed) == 'table' and parsed.ids
  if type(ids) ~= 'table' or #ids == 0 or #ids > ${MAX_KEY_REQUESTS} then return nil end
  for _, id in ipairs(ids) do
    if type(id) ~= 'string' then return nil end
  end
  return ids
end
`;

const GROUP = 'gateways';

/** What reads the intake, under one name for all gateways: a lease goes by time, not by its holder. */
export const CONSUMER = [GROUP, 'gateway'] as const;

const LEASE = `
-- Begins the leases of entries of the intake. Answers with those that are there, or an error.
local function lease(intake, ids)
  local claim = {'XCLAIM', intake, '${GROUP}', '${CONSUMER[1]}', '0'}
  for _, id in ipairs(ids) do claim[#claim + 1] = id end
  claim[#claim + 1] = 'FORCE'
  claim[#claim + 1] = 'JUSTID'
  local claimed = redis.pcall(unpack(claim))
  if claimed.err then
    local created = redis.pcall('XGROUP', 'CREATE', intake, '${GROUP}', '$', 'MKSTREAM')
    if created.err then return created end
    claimed = redis.pcall(unpack(claim))
  end
  return claimed
end
`;

/** KEYS: intake. ARGV: ids of entries, whose leases begin anew. */
const LEASE_AGAIN = `${LEASE}
return lease(KEYS[1], ARGV)`;

/**
 * Accepts calls, each of them as a whole, each or none, and writes them to the intake: as one
 * entry, whose lease begins, unless none was accepted that was not before.
 *
 * Invariant kept here: when it fails, because a key has another type or a right is missing, nothing waits
 * and no entry is left. So all that may be refused is done before anything is written, the entry first of
 * all; it is taken back if it holds nothing new.
 *
 * Whoever asks for what waits is told only if it is theirs: the owner is written with it.
 *
 * KEYS: clock, waiting, answers, keys, intake, owners.
 * ARGV: the entry, largest span, timestamps wanted, smallest timestamp, 1 to accept what was
 *   accepted before whatever the span; then for each call: digest of its key or '', its record or
 *   '', its owner or '', number of requests, and id and index of each.
 *
 * Answers with first timestamp and index of those wanted, or nothing; with the entry's id, or ''
 * where none was written; then for each call `accepted`, `expired` or `full`, or a list of the earlier
 * record of its key.
 */
const ACCEPT = `${ISSUE}${LEASE}
local clock, waiting, answers, keys, intake = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local owners = KEYS[6]
local span, again = tonumber(ARGV[2]), ARGV[5] == '1'
local isNew = again

local newest = tonumber(redis.call('HGET', clock, 'newest')) or 0
local first = redis.call('ZRANGE', waiting, 0, 0, 'WITHSCORES')[2]
local oldest = first and tonumber(first) or math.huge

redis.call('HEXISTS', answers, '')
redis.call('HEXISTS', keys, '')
redis.call('HEXISTS', owners, '')
local entry = redis.call('XADD', intake, '*', 'calls', ARGV[1])
local leased = lease(intake, {entry})
if leased.err then
  redis.pcall('XDEL', intake, entry)
  return leased
end

local function known(id)
  return redis.call('ZSCORE', waiting, id) or redis.call('HEXISTS', answers, id) == 1
end

local result = {{}, ''}
local at = 6
while at <= #ARGV do
  local key, record, owner, count = ARGV[at], ARGV[at + 1], ARGV[at + 2], tonumber(ARGV[at + 3])
  local from, to = at + 4, at + 3 + 2 * count
  local low, high = math.huge, 0
  for i = from, to, 2 do
    local index = tonumber(ARGV[i + 1])
    low, high = math.min(low, index), math.max(high, index)
  end
  local held = key ~= '' and redis.call('HGET', keys, key)
  local verdict
  if held and held ~= record and not again then
    verdict = {held}
  elseif known(ARGV[from]) and not again then
    verdict = 'accepted'
  elseif newest - low >= span and not again then
    verdict = 'expired'
  elseif math.max(newest, high) - math.min(oldest, low) >= span and not again then
    verdict = 'full'
  else
    verdict, isNew = 'accepted', true
    newest, oldest = math.max(newest, high), math.min(oldest, low)
    for i = from, to, 2 do
      if not again or redis.call('HEXISTS', answers, ARGV[i]) == 0 then
        redis.call('ZADD', waiting, ARGV[i + 1], ARGV[i])
        if owner ~= '' then redis.call('HSET', owners, ARGV[i], owner) end
      end
    end
    if record ~= '' and not held then redis.call('HSET', keys, key, record) end
  end
  result[#result + 1] = verdict
  at = to + 1
end
redis.call('HSET', clock, 'newest', text(newest))
if tonumber(ARGV[3]) > 0 then result[1] = issue(clock, tonumber(ARGV[3]), tonumber(ARGV[4])) end
if isNew then
  result[2] = entry
else
  redis.call('XDEL', intake, entry)
  redis.call('XACK', intake, '${GROUP}', entry)
end
return result`;

/** What scripts share that record or drop answers. Time is that of Redis alone: gateways' clocks differ. */
const LISTED = `
local function text(number) return string.format('%.0f', number) end

local function nowMs()
  local time = redis.call('TIME')
  return tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
end

-- Whether a request belongs to the idempotency key that it was accepted under. After Redis lost the
-- key it may have been accepted anew, for others: then nobody asks for this one by its key.
local records = {}
local function listed(keys, key, id)
  if key == '' then return false end
  if records[key] == nil then records[key] = redis.call('HGET', keys, key) or '' end
  return string.find(records[key], '"' .. id .. '"', 1, true) ~= nil
end
local function forget(key) records[key] = nil end

-- An answer under no key is in the list once for each of its places.
local function places(answer) return math.ceil(#answer / ${MAX_PLACE_BYTES}) end
`;

const EXPIRE = `${IDS_OF}
-- Drops keys whose time is over until they had 'most' requests: never one with a request that is not
-- answered. Answers with whether more may be over. ZREM comes first: where memory is full, Redis refuses a
-- script whose first write may take more.
local function expire(answers, keys, kept, now, retention, most)
  if retention <= 0 then return false end
  local seen = 0
  for _, key in ipairs(redis.call('ZRANGEBYSCORE', kept, '-inf', now - retention, 'LIMIT', 0, most)) do
    if seen >= most then break end
    local record = redis.call('HGET', keys, key)
    local ids = record and idsOf(record) or {}
    local open = false
    for _, id in ipairs(ids) do
      if redis.call('HEXISTS', answers, id) == 0 then open = true end
    end
    redis.call('ZREM', kept, key)
    if open then
      redis.call('ZADD', kept, text(now), key)
    else
      for _, id in ipairs(ids) do redis.call('HDEL', answers, id) end
      redis.call('HDEL', keys, key)
    end
    seen = seen + math.max(#ids, 1)
  end
  return seen >= most
end
`;

/**
 * Drops idempotency keys whose time is over, also while the memory of Redis is full.
 *
 * KEYS: answers, keys, kept. ARGV: retention in milliseconds, requests of such keys to see to.
 *
 * Answers with 1 if more may be over.
 */
const EXPIRE_KEYS = `${LISTED}${EXPIRE}
local more = expire(KEYS[1], KEYS[2], KEYS[3], nowMs(), tonumber(ARGV[1]), tonumber(ARGV[2]))
return more and 1 or 0`;

/**
 * Records how requests ended; what was recorded first stands. Twice as many of those whose time is over go
 * on the occasion, so that recording alone never adds to them.
 *
 * KEYS: waiting, answers, finished, keys, kept, owners.
 * ARGV: retention in milliseconds, places of all finished; then for each request: id, digest of
 *   its key or '', packed answer.
 *
 * Answers for each with the answer that was there before, or nothing.
 */
const RECORD = `${LISTED}${EXPIRE}
local waiting, answers, finished, keys, kept = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local owners = KEYS[6]
local retention, most = tonumber(ARGV[1]), tonumber(ARGV[2])
local now = nowMs()
local result = {}
for at = 3, #ARGV, 3 do
  local id, key, answer = ARGV[at], ARGV[at + 1], ARGV[at + 2]
  redis.call('ZREM', waiting, id)
  redis.call('HDEL', owners, id)
  if redis.call('HSETNX', answers, id, answer) == 0 then
    result[#result + 1] = redis.call('HGET', answers, id)
  else
    result[#result + 1] = ''
    if listed(keys, key, id) then
      redis.call('ZADD', kept, text(now), key)
    else
      for _ = 1, places(answer) do redis.call('LPUSH', finished, id) end
    end
  end
end
for _ = most + 1, redis.call('LLEN', finished) do
  redis.call('HDEL', answers, redis.call('RPOP', finished))
end
expire(answers, keys, kept, now, retention, 2 * #result)
return result`;

/**
 * Whether Redis holds an entry, with everything that is open of it. If so its lease begins anew.
 *
 * KEYS: waiting, answers, keys, intake. ARGV: the entry's id, number of open requests and their ids,
 *   then digests of idempotency keys.
 */
const IS_WHOLE = `${LEASE}
local waiting, answers, keys, intake = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local leased = lease(intake, {ARGV[1]})
if leased.err then return leased end
if #leased == 0 then return 0 end
local count = tonumber(ARGV[2])
for at = 3, count + 2 do
  local id = ARGV[at]
  if not redis.call('ZSCORE', waiting, id) and redis.call('HEXISTS', answers, id) == 0 then
    return 0
  end
end
for at = count + 3, #ARGV do
  if redis.call('HEXISTS', keys, ARGV[at]) == 0 then return 0 end
end
return 1`;

/**
 * Records again how requests ended, in case that was lost, and changes nothing where it was not:
 * what has been forgotten on purpose since, for its age or number, is not written again.
 *
 * KEYS: answers, finished, keys, kept.
 * ARGV: retention in milliseconds, places of all finished; then for each request, the newest
 *   first: id, digest of its key or '', the key's record or '', packed answer, its age in
 *   milliseconds or '' while its call has open ones.
 */
const RECORD_AGAIN = `${LISTED}
local answers, finished, keys, kept = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local retention, most = tonumber(ARGV[1]), tonumber(ARGV[2])
local now = nowMs()
for at = 3, #ARGV, 5 do
  local id, key, record, answer, age =
    ARGV[at], ARGV[at + 1], ARGV[at + 2], ARGV[at + 3], tonumber(ARGV[at + 4])
  if redis.call('HEXISTS', answers, id) == 0 then
    if key == '' then
      if redis.call('LLEN', finished) + places(answer) <= most then
        for _ = 1, places(answer) do redis.call('RPUSH', finished, id) end
        redis.call('HSET', answers, id, answer)
      end
    elseif retention <= 0 or not age or age < retention then
      if record ~= '' and redis.call('HSETNX', keys, key, record) == 1 then forget(key) end
      if listed(keys, key, id) then
        redis.call('HSET', answers, id, answer)
        redis.call('ZADD', kept, 'GT', text(now - (age or 0)), key)
      end
    end
  end
end`;

/**
 * KEYS: answers. ARGV: bytes of answers at most, ids.
 *
 * Answers with the answer to each, or nothing, for as many of them as have the bytes: one answer at least.
 */
const ANSWERS = `
local result, size = {}, 0
for at = 2, #ARGV do
  local answer = redis.call('HGET', KEYS[1], ARGV[at])
  local added = answer and #answer or 0
  if size > 0 and size + added > tonumber(ARGV[1]) then break end
  size = size + added
  result[#result + 1] = answer
end
return result`;

/** By name, as they are defined on a connection. */
export const REDIS_SCRIPTS = {
  ccroIssue: { numberOfKeys: 1, lua: ISSUE_TIMESTAMPS },
  ccroRaise: { numberOfKeys: 1, lua: RAISE_INDEX },
  ccroLease: { numberOfKeys: 1, lua: LEASE_AGAIN },
  ccroAccept: { numberOfKeys: 6, lua: ACCEPT },
  ccroRecord: { numberOfKeys: 6, lua: RECORD },
  ccroExpire: { numberOfKeys: 3, lua: EXPIRE_KEYS },
  ccroIsWhole: { numberOfKeys: 4, lua: IS_WHOLE },
  ccroAnswers: { numberOfKeys: 1, lua: ANSWERS },
  ccroRecordAgain: { numberOfKeys: 4, lua: RECORD_AGAIN },
} as const;

export type ScriptName = keyof typeof REDIS_SCRIPTS;
