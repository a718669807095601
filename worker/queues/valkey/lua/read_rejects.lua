-- A page of rejected rows in the order in which they came. ARGV: behind which number, most. The answer is [number, id,
-- record] of each.
local answer = {}
for _, number in ipairs(call('ZRANGEBYSCORE', base .. 'rejected', '(' .. ARGV[1], '+inf', 'LIMIT', 0, ARGV[2])) do
    answer[#answer + 1] = { number, unpack(call('HMGET', base .. 'reject:' .. number, 'id', 'record')) }
end
return answer
