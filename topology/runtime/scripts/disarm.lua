-- KEYS: redis-epoch, timers. ARGV: epoch, then member and due ms in turn. A timer armed anew for another time stays.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return redis.error_reply('STATELOST') end
for i = 2, #ARGV, 2 do
  local score = redis.call('ZSCORE', KEYS[2], ARGV[i])
  if score and tonumber(score) == tonumber(ARGV[i + 1]) then redis.call('ZREM', KEYS[2], ARGV[i]) end
end
return 1
