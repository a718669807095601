-- A job is in one worker's hands at a time; of each lane the highest priority goes first, then the oldest. In order, the
-- job that holds the lane goes before all others, none goes while that is leased or delayed, and else the oldest goes,
-- whatever its priority. A fence is never given twice, also where the server has lost its last second or all: it is at
-- least the number that the caller made of its clock.
-- ARGV: until, fence, most jobs, most bytes, then of each want its lane, most, ordered (1 or 0). Each job is answered as
-- [index of its want, seq, fence, payload, attempts, expiries, sent, first_at, file, line].
work_when_full()
local jobs, bytes = {}, 0
local most_jobs, most_bytes = tonumber(ARGV[3]), tonumber(ARGV[4])

local function lease(want, lane, seq, holds)
    local key = base .. 'job:' .. seq
    local found = call('HMGET', key, 'fence', 'attempts', 'expiries', 'sent', 'first_at', 'file', 'line', 'holds')
    local fence = as_text(math.max(tonumber(found[1] or 0) + 1, tonumber(ARGV[2])))
    call('HSET', key, 'state', 'leased', 'fence', fence)
    local job = { seq = seq, key = key, lane = lane, holds = holds or found[8] }
    count('states', 'ready', -1)
    count('lanes:ready', text_of(lane), -1)
    enter(job, 'leased', ARGV[1])
    local payload = call('GET', base .. 'body:' .. seq)
    bytes = bytes + #payload
    jobs[#jobs + 1] = {
        want, seq, fence, payload, found[2], found[3], found[4], found[5], found[6] and text_of(found[6]), found[7],
    }
end

local function is_full()
    return #jobs >= most_jobs or bytes >= most_bytes
end

-- The oldest of a lane: the first of each priority, of which there are few.
local function oldest(ready)
    local first = call('ZRANGE', ready, 0, 0, 'WITHSCORES')
    local seq = first[1]
    while first[1] do
        seq = first[1] < seq and first[1] or seq
        first = call('ZRANGEBYSCORE', ready, '(' .. first[2], '+inf', 'WITHSCORES', 'LIMIT', 0, 1)
    end
    return seq
end

local function in_order(want, text, lane)
    local ready = base .. 'ready:' .. lane
    if call('SISMEMBER', base .. 'blocked', text) == 1 then
        return
    end
    local holder = call('HGET', base .. 'held', text)
    local seq = holder or oldest(ready)
    if not seq then
        return
    end
    if not holder then
        call('HSET', base .. 'held', text, seq)
        call('HSET', base .. 'job:' .. seq, 'holds', 1)
    end
    call('ZREM', ready, seq)
    lease(want, lane, seq, true)
end

local function by_priority(want, lane, most)
    local ready = base .. 'ready:' .. lane
    local seqs = call('ZRANGE', ready, 0, math.min(most, most_jobs - #jobs) - 1)
    local taken = 0
    for _, seq in ipairs(seqs) do
        if is_full() then
            break
        end
        lease(want, lane, seq)
        taken = taken + 1
    end
    if taken > 0 then
        call('ZREMRANGEBYRANK', ready, 0, taken - 1)
    end
end

for first = 5, #ARGV, 3 do
    local lane = call('HGET', base .. 'named', ARGV[first])
    if lane and not is_full() then
        texts[lane] = ARGV[first]
        local want = (first - 5) / 3
        if ARGV[first + 2] == '1' then
            in_order(want, ARGV[first], lane)
        else
            by_priority(want, lane, tonumber(ARGV[first + 1]))
        end
    end
end
return finish(jobs)
