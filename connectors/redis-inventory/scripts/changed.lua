-- Put before the scripts that change counters: the flight has changed once more, and is now the one that changed last of all.
local function changed()
  redis.call('HINCRBY', KEYS[2], 'seq', 1)
  redis.call('ZADD', KEYS[4], redis.call('ZINCRBY', KEYS[4], 1, ''), KEYS[2])
  redis.call('ZREMRANGEBYRANK', KEYS[4], 0, -20002)
end
