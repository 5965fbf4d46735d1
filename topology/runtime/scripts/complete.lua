-- KEYS: redis-epoch, head, journal, mark, timers.
-- ARGV: epoch, step, from version, clear mark, packed events, version, status, at rest, bytes of the newest event (the last packed one),
--       timer member, due ms or '', ms the head is kept or '', ms the journal is kept.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return redis.error_reply('STATELOST') end
local done = redis.call('HGET', KEYS[3], ARGV[2])
if done then return { 'replay', done } end
local from = tonumber(ARGV[3])
local version = tonumber(redis.call('HGET', KEYS[2], 'v') or '0')
if version < from then return { 'behind' } end
if version > from then return { 'stale' } end
local mark = redis.call('GET', KEYS[4])

redis.call('HSET', KEYS[3], ARGV[2], ARGV[5])
redis.call('PEXPIRE', KEYS[3], ARGV[13])
redis.call('HSET', KEYS[2], 'v', ARGV[6], 's', ARGV[7], 'r', ARGV[8], 'e', string.sub(ARGV[5], -tonumber(ARGV[9])))
if mark and ARGV[4] == '1' then
  redis.call('DEL', KEYS[4])
  mark = false
end
if ARGV[12] == '' then
  redis.call('PERSIST', KEYS[2])
  if mark then redis.call('PERSIST', KEYS[4]) end
else
  redis.call('PEXPIRE', KEYS[2], ARGV[12])
  if mark then redis.call('PEXPIRE', KEYS[4], ARGV[12]) end
end
if ARGV[11] == '' then
  redis.call('ZREM', KEYS[5], ARGV[10])
else
  redis.call('ZADD', KEYS[5], ARGV[11], ARGV[10])
end
if mark then return { 'done', mark } end
return { 'done' }
