-- KEYS: redis-epoch, head, journal, mark. ARGV: epoch, step, version, divertible.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return redis.error_reply('STATELOST') end
local done = redis.call('HGET', KEYS[3], ARGV[2])
if done then return { 'replay', done } end
local from = tonumber(ARGV[3])
local version = tonumber(redis.call('HGET', KEYS[2], 'v') or '0')
if version < from then return { 'behind' } end
if version > from then return { 'stale' } end
if ARGV[4] == '1' then
  local mark = redis.call('GET', KEYS[4])
  if mark then return { 'marked', mark } end
end
return { 'run' }
