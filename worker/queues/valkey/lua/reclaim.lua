-- A lease that ran out is counted, because its request may have been sent; the job is charged with no attempt.
-- ARGV: now, most. The answer is how many there were, the most at most.
work_when_full()
local seqs = call('ZRANGEBYSCORE', base .. 'leased', '-inf', '(' .. ARGV[1], 'LIMIT', 0, ARGV[2])
for _, seq in ipairs(seqs) do
    local job = read_job(seq)
    leave(job)
    enter(job, 'ready')
    call('HSET', job.key, 'state', 'ready', 'expiries', as_text(job.expiries + 1))
end
return finish(#seqs)
