-- KEYS: one sorted set a velocity key, member order id, score ms. ARGV: order, at ms, window ms.
local at = tonumber(ARGV[2])
local from = at - tonumber(ARGV[3])
local counts = {}
for i, key in ipairs(KEYS) do
  redis.call('ZADD', key, 'GT', ARGV[2], ARGV[1])
  redis.call('ZREMRANGEBYSCORE', key, '-inf', string.format('%.0f', from))
  redis.call('PEXPIRE', key, ARGV[3])
  counts[i] = redis.call('ZCOUNT', key, string.format('(%.0f', from), ARGV[2])
end
return counts
