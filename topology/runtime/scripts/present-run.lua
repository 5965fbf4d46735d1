-- Answers the id of the server's present run. An epoch that was made in another run ends here: what was written last in that may be gone.
-- KEYS: redis-epoch.
local run = string.match(redis.call('INFO', 'server'), 'run_id:(%w+)')
local epoch = redis.call('GET', KEYS[1])
if epoch and string.sub(epoch, 1, #run + 1) ~= run .. ':' then redis.call('DEL', KEYS[1]) end
return run
