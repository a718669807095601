-- Which of these leases were settled before, and their jobs have been in nobody's hands since: asked for where a lease
-- does not hold, because whoever asks again may not have heard the answer. $1 seqs, $2 fences.
SELECT jobs.seq, jobs.fence
FROM unnest($1::bigint[], $2::bigint[]) AS lease (seq, fence)
JOIN preflight.jobs ON jobs.seq = lease.seq AND jobs.fence = lease.fence AND jobs.settled
UNION ALL
SELECT results.seq, results.fence
FROM unnest($1::bigint[], $2::bigint[]) AS lease (seq, fence)
JOIN preflight.results ON results.seq = lease.seq AND results.fence = lease.fence
