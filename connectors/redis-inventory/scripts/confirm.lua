-- Turns a hold into a sale. A hold that has lapsed is given back in the same breath, so that no other attempt can still sell it.
-- KEYS: redis-epoch, counters, entries, changes. ARGV: epoch, order, now ms, ms the keys end at.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return redis.error_reply('STATELOST') end
local entry = redis.call('HGET', KEYS[3], ARGV[2]) or ''
local state, expires, seats, token = string.match(entry, '^(%a+) (%d+) (%S+) (%S+)$')
if state == 'sold' then return 'confirmed' end
if state == 'held' and tonumber(ARGV[3]) <= tonumber(expires) then
  for class, count in string.gmatch(seats, '(%w+)=(%d+)') do
    redis.call('HINCRBY', KEYS[2], 'h:' .. class, -tonumber(count))
    redis.call('HINCRBY', KEYS[2], 's:' .. class, count)
  end
  redis.call('HSET', KEYS[3], ARGV[2], table.concat({ 'sold', expires, seats, token }, ' '))
  changed()
  return 'confirmed'
end
if state == 'held' then
  for class, count in string.gmatch(seats, '(%w+)=(%d+)') do
    redis.call('HINCRBY', KEYS[2], 'h:' .. class, -tonumber(count))
  end
  changed()
end
redis.call('HSET', KEYS[3], ARGV[2], 'released')
redis.call('PEXPIREAT', KEYS[3], ARGV[4])
return 'lost'
