-- Which of these leases were settled before, and their jobs have been in nobody's hands since: asked for where a lease
-- does not hold, because whoever asks again may not have heard the answer. $1 seqs, $2 fences.
SELECT lease.seq, lease.fence
FROM unnest($1::bigint[], $2::bigint[]) AS lease (seq, fence)
WHERE EXISTS (SELECT FROM preflight.jobs WHERE jobs.seq = lease.seq AND jobs.fence = lease.fence AND jobs.settled)
    OR EXISTS (SELECT FROM preflight.results WHERE results.seq = lease.seq AND results.fence = lease.fence)
