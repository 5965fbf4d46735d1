-- Gives the order's seats back, held or sold, and refuses it from now on.
-- KEYS: redis-epoch, counters, entries, changes. ARGV: epoch, order, ms the keys end at.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return redis.error_reply('STATELOST') end
local entry = redis.call('HGET', KEYS[3], ARGV[2]) or ''
if entry == 'released' then return 0 end
local state, _, seats = string.match(entry, '^(%a+) (%d+) (%S+) ')
if state then
  local counter = state == 'sold' and 's:' or 'h:'
  for class, count in string.gmatch(seats, '(%w+)=(%d+)') do
    redis.call('HINCRBY', KEYS[2], counter .. class, -tonumber(count))
  end
  changed()
end
redis.call('HSET', KEYS[3], ARGV[2], 'released')
redis.call('PEXPIREAT', KEYS[3], ARGV[3])
return 1
