-- Delayed jobs are ready once they are due, and go back to their old place among the others.
-- ARGV: now, most. The answer is when the next one is due, or nil.
work_when_full()
for _, seq in ipairs(call('ZRANGEBYSCORE', base .. 'delayed', '-inf', ARGV[1], 'LIMIT', 0, ARGV[2])) do
    local job = read_job(seq)
    leave(job)
    enter(job, 'ready')
    call('HSET', job.key, 'state', 'ready')
end
finish()
return call('ZRANGE', base .. 'delayed', 0, 0, 'WITHSCORES')[2]
