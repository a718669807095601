-- Only the lease that holds a job prolongs it; that a request is about to leave is remembered until the job is settled.
-- ARGV: until, 1 if requests are about to leave, then of each lease its seq and fence. The answer is 1 or 0 for each.
work_when_full()
local answer = {}
for first = 3, #ARGV, 2 do
    local key = base .. 'job:' .. ARGV[first]
    local found = call('HMGET', key, 'state', 'fence')
    local holds = found[1] == 'leased' and found[2] == ARGV[first + 1]
    answer[#answer + 1] = holds and 1 or 0
    if holds then
        add_to('leased', ARGV[1], ARGV[first])
        if ARGV[2] == '1' then
            call('HSET', key, 'sent', 1)
        end
    end
end
return finish(answer)
