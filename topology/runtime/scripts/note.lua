-- KEYS: redis-epoch, head, journal, mark.
-- ARGV: epoch, step, version, mark or '', ms a mark without an order is kept, ms the note is kept at the least,
-- 'kept' where the changelog keeps the input, or ''.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return redis.error_reply('STATELOST') end
local done = redis.call('HGET', KEYS[3], ARGV[2])
if done then return { 'replay', done } end
local version = tonumber(redis.call('HGET', KEYS[2], 'v') or '0')
if version ~= tonumber(ARGV[3]) then return { 'moved' } end

redis.call('HSET', KEYS[3], ARGV[2], ARGV[7])
if redis.call('PTTL', KEYS[3]) < tonumber(ARGV[6]) then redis.call('PEXPIRE', KEYS[3], ARGV[6]) end
if ARGV[4] ~= '' and redis.call('SET', KEYS[4], ARGV[4], 'NX') then
  local kept = version == 0 and tonumber(ARGV[5]) or redis.call('PTTL', KEYS[2])
  if kept > 0 then redis.call('PEXPIRE', KEYS[4], kept) end
end
return { 'noted' }
