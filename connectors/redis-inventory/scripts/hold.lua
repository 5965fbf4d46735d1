-- Holds the seats of one order on one flight-date.
-- KEYS: redis-epoch, counters, entries, changes.
-- ARGV: epoch, order, expires ms, token of this attempt, ms the keys end at, seats text, then class, seats, authorized in turn.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return redis.error_reply('STATELOST') end
local entry = redis.call('HGET', KEYS[3], ARGV[2])
if entry == 'released' then return { 'released' } end
if entry then
  local state, expires, seats = string.match(entry, '^(%a+) (%d+) (%S+) ')
  -- The newest attempt owns the hold: an older one that fails on another flight must not undo it.
  if state == 'held' then
    redis.call('HSET', KEYS[3], ARGV[2], table.concat({ state, expires, seats, ARGV[4] }, ' '))
  end
  return { 'held', expires }
end
for i = 7, #ARGV, 3 do
  local count = redis.call('HMGET', KEYS[2], 'h:' .. ARGV[i], 's:' .. ARGV[i])
  local free = tonumber(ARGV[i + 2]) - tonumber(count[1] or '0') - tonumber(count[2] or '0')
  if free < tonumber(ARGV[i + 1]) then return { 'unavailable', ARGV[i], tostring(math.max(0, free)) } end
end

for i = 7, #ARGV, 3 do redis.call('HINCRBY', KEYS[2], 'h:' .. ARGV[i], ARGV[i + 1]) end
redis.call('HSET', KEYS[3], ARGV[2], table.concat({ 'held', ARGV[3], ARGV[6], ARGV[4] }, ' '))
changed()
redis.call('PEXPIREAT', KEYS[2], ARGV[5])
redis.call('PEXPIREAT', KEYS[3], ARGV[5])
return { 'held', ARGV[3] }
