-- A job is settled by the lease that holds it, and once: whoever asks again with the fence that settled it hears yes, and
-- nothing changes. What follows from an outcome comes with it, or not at all.
-- ARGV: the least number of an ending; how many settlements; of each its seq, fence, new state, time (due or delivered at,
-- or ''), 1 if it is charged, time of a try that will be repeated or '', 1 if a request may have been sent before, a
-- recorded attempt or '', cause or '', how it ended or ''; then of each that follows the index of its settlement, its id,
-- lane, payload, priority, due time or ''. The answer is 1 or 0 for each settlement.
work_when_full()
local answer, moved = {}, {}

local function settle(at)
    local seq, fence, state, time, charge, tried_at, sent, attempt, cause, ending = unpack(ARGV, at, at + 9)
    local job = read_job(seq)
    if job.fence ~= fence then
        return 0
    end
    if job.state ~= 'leased' then
        return job.settled == fence and 1 or 0
    end
    leave(job)
    local fields = { 'state', state, 'settled', fence }
    local function set(field, value)
        fields[#fields + 1], fields[#fields + 2] = field, value
    end
    if cause ~= '' then
        job.cause = cause
        set('cause', cause)
    end
    local number = enter(job, state, time, ARGV[1])
    if number then
        set('ending', number)
        call('SET', base .. 'end:' .. seq, ending)
    end
    if job.sent and sent == '0' then
        call('HDEL', job.key, 'sent')
    end
    if charge == '1' then
        set('attempts', as_text(job.attempts + 1))
    end
    if tried_at ~= '' and not job.first_at then
        set('first_at', tried_at)
    end
    if attempt ~= '' then
        call('RPUSH', base .. 'attempts:' .. seq, attempt)
    end
    call('HSET', job.key, unpack(fields))
    moved[#answer] = true
    return 1
end

local settlements = tonumber(ARGV[2])
for index = 0, settlements - 1 do
    answer[index + 1] = settle(3 + 10 * index)
end
for first = 3 + 10 * settlements, #ARGV, 6 do
    if moved[tonumber(ARGV[first])] then
        take({ ARGV[first + 1], ARGV[first + 2], ARGV[first + 3], ARGV[first + 4], '', '' }, ARGV[first + 5])
    end
end
return finish(answer)
