-- Every script begins with this. A job is in the structures of its state and in no others, and every count is right: here
-- is the only place that says which structures these are. What a batch changes of them is written once, by `finish`.
--
-- A job is named by a text of 16 digits, which sorts as its number does and is exact in a double. A ready job is scored
-- by its priority and, among equals, sorted by that text: both together would not fit into a double. Times are texts
-- that go from the caller into scores and fields and are never computed with: a Lua number printed loses digits.
--
--   job:SEQ       id lane priority state attempts expiries fence settled sent first_at file line holds ending cause;
--                 what is 0, false or unknown is left out, and nothing long is in it, so that it stays one small block
--   body:SEQ      the payload           original:SEQ  the first payload of one that was mended
--   end:SEQ       how it ended          attempts:SEQ  a list of those that did not deliver
--   ids           id -> SEQ             last          the last numbers that were given
--   ready:LANE    by -priority          leased        by the end of the lease     delayed    by when they are due
--   failed        by SEQ                results       by SEQ                      delivered  by when
--   endings       by the number of the ending         states, causes              how many
--   reject:N      id cause record       rejected      by N                        reject_ids id -> N
--   named, names, uses                  numbers of lanes and files, and how many jobs have them
--   lanes:STATE   lane -> how many      held          lane -> SEQ of the job that holds it in order
--   blocked       held lanes whose job is leased or delayed
--   bell          a channel
--   stops         by name               quota:NAME    how an account stands, kept until some time after it is full
local base = KEYS[1] .. ':'
local call = redis.call

local ready_of = {}
local lanes_of = { ready = 'lanes:ready', delayed = 'lanes:delayed', leased = 'lanes:leased' }

local counted, added, removed, last = {}, {}, {}, {}
local numbers, texts = {}, {}

local function as_text(number)
    return string.format('%.0f', number)
end

local function count(hash, field, by)
    local fields = counted[hash] or {}
    counted[hash] = fields
    fields[field] = (fields[field] or 0) + by
end

local function add_to(set, score, member)
    local members = added[set] or {}
    added[set] = members
    members[#members + 1] = score
    members[#members + 1] = member
end

local function remove_from(set, member)
    local members = removed[set] or {}
    removed[set] = members
    members[#members + 1] = member
end

-- The next number of a kind, and not below the least; numbers are never given twice.
local function next_number(kind, least)
    last[kind] = math.max((last[kind] or tonumber(call('HGET', base .. 'last', kind) or 0)) + 1, tonumber(least or 0))
    return last[kind]
end

-- The number of a lane or file, a new one where it has none.
local function number_of(text)
    if not numbers[text] then
        numbers[text] = call('HGET', base .. 'named', text)
        if not numbers[text] then
            numbers[text] = as_text(next_number('name'))
            call('HSET', base .. 'named', text, numbers[text])
            call('HSET', base .. 'names', numbers[text], text)
        end
        texts[numbers[text]] = text
    end
    return numbers[text]
end

local function text_of(number)
    if not texts[number] then
        texts[number] = call('HGET', base .. 'names', number)
    end
    return texts[number]
end

local function use(number, by)
    if number then
        count('uses', number, by)
    end
end

-- A job without its content; its state is false where there is none.
local function read_job(seq)
    local key = base .. 'job:' .. seq
    local found = call('HMGET', key, 'lane', 'priority', 'state', 'holds', 'cause', 'fence', 'settled', 'attempts',
        'expiries', 'sent', 'first_at')
    return {
        seq = seq, key = key, lane = found[1], priority = found[2] or '0', state = found[3], holds = found[4],
        cause = found[5], fence = found[6], settled = found[7], attempts = tonumber(found[8] or 0),
        expiries = tonumber(found[9] or 0), sent = found[10], first_at = found[11],
    }
end

local function is_ended(state)
    return state == 'delivered' or state == 'dead' or state == 'parked'
end

-- The set of a state that has not ended.
local function set_of(state, lane)
    if state ~= 'ready' then
        return state
    end
    ready_of[lane] = ready_of[lane] or 'ready:' .. lane
    return ready_of[lane]
end

-- Take a job out of what tells of its state; `enter` comes next, or the job is forgotten.
local function leave(job)
    count('states', job.state, -1)
    if not is_ended(job.state) then
        count(lanes_of[job.state], text_of(job.lane), -1)
        remove_from(set_of(job.state, job.lane), job.seq)
        return
    end
    remove_from('endings', job.seq)
    if job.state == 'delivered' then
        remove_from('results', job.seq)
        remove_from('delivered', job.seq)
    else
        remove_from('failed', job.seq)
        count('causes', job.cause, -1)
    end
end

-- A lane is held by the job that was leased from it in order, until that ends: see `blocked` above.
local function hold(job, state)
    local lane = text_of(job.lane)
    if is_ended(state) then
        call('HDEL', job.key, 'holds')
        call('HDEL', base .. 'held', lane)
        call('SREM', base .. 'blocked', lane)
    elseif state == 'ready' then
        call('SREM', base .. 'blocked', lane)
    else
        call('SADD', base .. 'blocked', lane)
    end
end

-- Bring a job into a state; `at` is when its lease ends, it is due or was delivered. The number of its ending, or nil:
-- it is at least what the caller made of its clock, so that whoever has read up to a number finds all later ones behind
-- it, also where the server has lost its last second or all.
local function enter(job, state, at, least)
    count('states', state, 1)
    if job.holds then
        hold(job, state)
    end
    if not is_ended(state) then
        count(lanes_of[state], text_of(job.lane), 1)
        add_to(set_of(state, job.lane), state == 'ready' and 0 - tonumber(job.priority) or at, job.seq)
        return nil
    end
    local ending = as_text(next_number('ending', least))
    add_to('endings', ending, job.seq)
    if state == 'delivered' then
        add_to('results', job.seq, job.seq)
        add_to('delivered', at, job.seq)
    else
        add_to('failed', job.seq, job.seq)
        count('causes', job.cause, 1)
    end
    return ending
end

-- Add a job, `enter` comes next; nil where its id is known. An entry is its id, lane, payload, priority, file or '', line
-- or ''.
local function add(entry, state)
    local id, lane, payload, priority, file, line = unpack(entry)
    local seq = string.format('%016.0f', next_number('job'))
    if call('HSETNX', base .. 'ids', id, seq) == 0 then
        last.job = last.job - 1
        return nil
    end
    local job = { seq = seq, key = base .. 'job:' .. seq, lane = number_of(lane), priority = priority }
    local fields = { 'id', id, 'lane', job.lane, 'state', state }
    if priority ~= '0' then
        fields[7], fields[8] = 'priority', priority
    end
    if line ~= '' then
        fields[#fields + 1], fields[#fields + 2] = 'file', number_of(file)
        fields[#fields + 1], fields[#fields + 2] = 'line', line
        use(number_of(file), 1)
    end
    use(job.lane, 1)
    call('HSET', job.key, unpack(fields))
    call('SET', base .. 'body:' .. seq, payload)
    return job
end

-- Take in a job, ready, or delayed until it is due; whether its id is new.
local function take(entry, due)
    local state = due == '' and 'ready' or 'delayed'
    local job = add(entry, state)
    if job then
        enter(job, state, due)
    end
    return job ~= nil
end

-- Whoever waits for the disk waits for what this connection has written: where all was there already, and perhaps not on
-- the disk yet, that is this.
local function write_anything()
    redis.pcall('HINCRBY', base .. 'last', 'asked_again', 1)
end

-- Forget a job and all about it.
local function forget(job)
    local found = call('HMGET', job.key, 'id', 'file')
    leave(job)
    use(job.lane, -1)
    use(found[2], -1)
    call('HDEL', base .. 'ids', found[1])
    call('UNLINK', job.key, base .. 'body:' .. job.seq, base .. 'original:' .. job.seq, base .. 'end:' .. job.seq,
        base .. 'attempts:' .. job.seq)
end

-- Jobs that are there are worked also where the memory is used up: a script whose first write takes none may go on
-- writing. Only what brings in more is refused then, before it has written anything.
local function work_when_full()
    call('UNLINK', base .. 'nothing')
end

-- In portions that fit on Lua's stack: all values, or those from one to another.
local function in_portions(command, set, values, from, upto)
    upto = upto or #values
    for first = from or 1, upto, 1000 do
        call(command, base .. set, unpack(values, first, math.min(first + 999, upto)))
    end
end

local function change_counts(hash, fields)
    for field, by in pairs(fields) do
        if by ~= 0 and call('HINCRBY', base .. hash, field, by) == 0 then
            call('HDEL', base .. hash, field)
            if hash == 'uses' then
                call('HDEL', base .. 'named', text_of(field))
                call('HDEL', base .. 'names', field)
            end
        end
    end
end

-- Write what has changed, and wake idle workers where jobs have become ready. A script that changes jobs answers through
-- this.
local function finish(answer)
    for set, members in pairs(removed) do
        in_portions('ZREM', set, members)
    end
    for set, members in pairs(added) do
        in_portions('ZADD', set, members)
    end
    for hash, fields in pairs(counted) do
        change_counts(hash, fields)
    end
    for kind, number in pairs(last) do
        call('HSET', base .. 'last', kind, as_text(number))
    end
    if counted.states and (counted.states.ready or 0) > 0 then
        redis.pcall('PUBLISH', base .. 'bell', '') -- whoever may not announce works all the same
    end
    return answer
end
