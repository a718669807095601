-- Failed jobs and rejected rows go with all about them; nothing else does. ARGV: ids. The answer is how many went.
local gone = 0
for _, id in ipairs(ARGV) do
    local seq = call('HGET', base .. 'ids', id)
    local job = seq and read_job(seq)
    if job and (job.state == 'dead' or job.state == 'parked') then
        forget(job)
        gone = gone + 1
    end
    local number = call('HGET', base .. 'reject_ids', id)
    if number then
        count('causes', call('HGET', base .. 'reject:' .. number, 'cause'), -1)
        remove_from('rejected', number)
        call('HDEL', base .. 'reject_ids', id)
        call('UNLINK', base .. 'reject:' .. number)
        gone = gone + 1
    end
end
return finish(gone)
