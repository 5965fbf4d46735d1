-- KEYS: redis-epoch, then journals. ARGV: epoch, then for each journal the number of steps and the steps.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return redis.error_reply('STATELOST') end
local at = 2
for i = 2, #KEYS do
  local count = tonumber(ARGV[at])
  if count > 0 then redis.call('HDEL', KEYS[i], unpack(ARGV, at + 1, at + count)) end
  at = at + 1 + count
end
return 1
