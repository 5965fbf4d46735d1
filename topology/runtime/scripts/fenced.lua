-- Runs commands for as long as the caller holds the rebuild lock. KEYS: lock, then one key a command.
-- ARGV: token, then for each command its name, the number of its arguments after the key, and these.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return redis.error_reply('LOCKLOST') end
local at = 2
for i = 2, #KEYS do
  local count = tonumber(ARGV[at + 1])
  redis.call(ARGV[at], KEYS[i], unpack(ARGV, at + 2, at + 1 + count))
  at = at + 2 + count
end
return 1
