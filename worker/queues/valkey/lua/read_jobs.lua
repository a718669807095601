-- Jobs as they are at one moment. ARGV: most bytes, then seqs; those that are gone are nil, and the answer ends behind the
-- one that makes it too big. A job is [seq, id, lane, priority, state, attempts, expiries, sent, first_at, file, line,
-- holds, ending, due, payload, first payload, how it ended, attempts that did not deliver].
local answer, bytes = {}, 0
for index = 2, #ARGV do
    local seq = ARGV[index]
    local job = call('HMGET', base .. 'job:' .. seq, 'id', 'lane', 'priority', 'state', 'attempts', 'expiries', 'sent',
        'first_at', 'file', 'line', 'holds', 'ending')
    if not job[1] then
        answer[#answer + 1] = false
    else
        table.insert(job, 1, seq)
        job[3] = text_of(job[3])
        job[10] = job[10] and text_of(job[10])
        job[14] = job[5] == 'delayed' and call('ZSCORE', base .. 'delayed', seq)
        job[15] = call('GET', base .. 'body:' .. seq)
        job[16] = call('GET', base .. 'original:' .. seq)
        job[17] = call('GET', base .. 'end:' .. seq)
        job[18] = call('LRANGE', base .. 'attempts:' .. seq, 0, -1)
        answer[#answer + 1] = job
        bytes = bytes + #job[15]
    end
    if bytes >= tonumber(ARGV[1]) then
        break
    end
end
return answer
