-- What failures are chosen by, without their content. ARGV: seqs. The answer is [id, lane, record] or nil for each.
local answer = {}
for index, seq in ipairs(ARGV) do
    local job = call('HMGET', base .. 'job:' .. seq, 'id', 'lane')
    answer[index] = job[1] and { job[1], text_of(job[2]), call('GET', base .. 'end:' .. seq) }
end
return answer
