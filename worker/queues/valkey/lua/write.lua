-- A record whose id is new becomes a job in the state in which it left; whose id is known changes nothing.
-- ARGV: the least number of an ending, then of each its id, lane, payload, priority, file or '', line or '', state, due
-- time or time of delivery or '', attempts, expiries, 1 if it may have been sent or '', first_at or '', cause or '', 1 if
-- it holds its lane, first payload or '', how it ended or '', how many attempts did not deliver, and these. The answer is
-- [index, content, first content or nil] of each whose id was known.
local known, index, first = {}, 0, 2
local optional = { 'attempts', 'expiries', 'sent', 'first_at', 'cause', 'holds' }

local function write(at, attempts)
    local state, original = ARGV[at + 6], ARGV[at + 14]
    local job = add({ unpack(ARGV, at, at + 5) }, state)
    if not job then
        return false
    end
    local fields = { 'state', state }
    for offset, field in ipairs(optional) do
        local value = ARGV[at + 7 + offset]
        if value ~= '' then
            job[field] = value
            fields[#fields + 1], fields[#fields + 2] = field, value
        end
    end
    if job.holds then
        call('HSET', base .. 'held', ARGV[at + 1], job.seq)
    end
    if original ~= '' then
        call('SET', base .. 'original:' .. job.seq, original)
    end
    local number = enter(job, state, ARGV[at + 7], ARGV[1])
    if number then
        fields[#fields + 1], fields[#fields + 2] = 'ending', number
        call('SET', base .. 'end:' .. job.seq, ARGV[at + 15])
    end
    in_portions('RPUSH', 'attempts:' .. job.seq, ARGV, at + 17, at + 16 + attempts)
    call('HSET', job.key, unpack(fields))
    return true
end

while first <= #ARGV do
    local attempts = tonumber(ARGV[first + 16])
    if not write(first, attempts) then
        local seq = call('HGET', base .. 'ids', ARGV[first])
        known[#known + 1] = { index, call('GET', base .. 'body:' .. seq), call('GET', base .. 'original:' .. seq) }
    end
    index, first = index + 1, first + 17 + attempts
end
if #known > 0 then
    write_anything()
end
return finish(known)
