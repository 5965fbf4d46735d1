-- Runs commands for as long as the caller holds the rebuild lock in the server's run. KEYS: lock, then one key a command.
-- ARGV: token, run, then for each command its name, the number of its arguments after the key, and these.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return redis.error_reply('LOCKLOST') end
if string.match(redis.call('INFO', 'server'), 'run_id:(%w+)') ~= ARGV[2] then
  redis.call('DEL', KEYS[1])
  return redis.error_reply('LOCKLOST')
end
local at = 3
for i = 2, #KEYS do
  local count = tonumber(ARGV[at + 1])
  redis.call(ARGV[at], KEYS[i], unpack(ARGV, at + 2, at + 1 + count))
  at = at + 2 + count
end
return 1
