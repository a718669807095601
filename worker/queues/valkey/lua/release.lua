-- A lease that nobody received is given back as if it had never been. ARGV: of each lease its seq and fence.
work_when_full()
for first = 1, #ARGV, 2 do
    local job = read_job(ARGV[first])
    if job.state == 'leased' and job.fence == ARGV[first + 1] then
        leave(job)
        enter(job, 'ready')
        call('HSET', job.key, 'state', 'ready')
    end
end
return finish(1)
