-- Only parked jobs are called delivered on a person's word. ARGV: when, the result, the least number of an ending, then ids. The answer is how many were.
local done = 0
for index = 4, #ARGV do
    local seq = call('HGET', base .. 'ids', ARGV[index])
    local job = seq and read_job(seq)
    if job and job.state == 'parked' then
        leave(job)
        call('HDEL', job.key, 'cause')
        call('HSET', job.key, 'state', 'delivered', 'ending', enter(job, 'delivered', ARGV[1], ARGV[3]))
        call('SET', base .. 'end:' .. seq, ARGV[2])
        done = done + 1
    end
end
return finish(done)
