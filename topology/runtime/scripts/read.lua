-- KEYS: redis-epoch, head, mark. ARGV: epoch.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return redis.error_reply('STATELOST') end
local head = redis.call('HMGET', KEYS[2], 'v', 's', 'r', 'e')
return { head[1], head[2], head[3], head[4], redis.call('GET', KEYS[3]) }
