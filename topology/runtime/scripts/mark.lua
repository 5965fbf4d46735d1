-- KEYS: redis-epoch, head, mark. ARGV: epoch, version, mark, ms a mark without an order is kept.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return redis.error_reply('STATELOST') end
local version = tonumber(redis.call('HGET', KEYS[2], 'v') or '0')
if version ~= tonumber(ARGV[2]) then return 'moved' end
if redis.call('SET', KEYS[3], ARGV[3], 'NX') then
  local kept = version == 0 and tonumber(ARGV[4]) or redis.call('PTTL', KEYS[2])
  if kept > 0 then redis.call('PEXPIRE', KEYS[3], kept) end
end
return 'marked'
