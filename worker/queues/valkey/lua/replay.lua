-- A failed job that is sent again starts uncharged, keeps its history and its first content, and its fence goes on
-- growing, so that no old lease can settle it.
-- ARGV: of each its id, due time or '', new payload or '', and where there is one its lane and priority, or '' and ''.
-- The answer is how many were put back.
local done = 0

local function mend(job, payload, lane, priority)
    local body, original = base .. 'body:' .. job.seq, base .. 'original:' .. job.seq
    if call('EXISTS', original) == 0 then
        call('RENAME', body, original)
    end
    call('SET', body, payload)
    use(job.lane, -1)
    job.lane, job.priority = number_of(lane), priority
    use(job.lane, 1)
    call('HSET', job.key, 'lane', job.lane, 'priority', priority)
end

for first = 1, #ARGV, 5 do
    local seq = call('HGET', base .. 'ids', ARGV[first])
    local job = seq and read_job(seq)
    if job and (job.state == 'dead' or job.state == 'parked') then
        local due = ARGV[first + 1]
        leave(job)
        if ARGV[first + 2] ~= '' then
            mend(job, unpack(ARGV, first + 2, first + 4))
        end
        call('HDEL', job.key, 'attempts', 'expiries', 'sent', 'first_at', 'settled', 'ending', 'cause')
        call('DEL', base .. 'end:' .. seq)
        call('HSET', job.key, 'state', due == '' and 'ready' or 'delayed')
        enter(job, due == '' and 'ready' or 'delayed', due)
        done = done + 1
    end
end
return finish(done)
