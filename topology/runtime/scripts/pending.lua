-- KEYS: redis-epoch, journal. ARGV: epoch.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return redis.error_reply('STATELOST') end
return redis.call('HGETALL', KEYS[2])
