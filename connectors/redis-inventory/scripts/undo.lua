-- Takes back a hold that its own attempt made, leaving no trace; a hold that another attempt has met since stays.
-- KEYS: redis-epoch, counters, entries, changes. ARGV: epoch, order, token.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return redis.error_reply('STATELOST') end
local entry = redis.call('HGET', KEYS[3], ARGV[2])
if not entry then return 0 end
local state, _, seats, token = string.match(entry, '^(%a+) (%d+) (%S+) (%S+)$')
if state ~= 'held' or token ~= ARGV[3] then return 0 end
for class, count in string.gmatch(seats, '(%w+)=(%d+)') do
  redis.call('HINCRBY', KEYS[2], 'h:' .. class, -tonumber(count))
end
redis.call('HDEL', KEYS[3], ARGV[2])
changed()
return 1
