-- Only leases that hold are prolonged. What was about to be sent stays so, until the lease is settled: that is on the
-- disk before the request leaves. A renewal that a crash of the server forgets is one that came too late.
-- $1 seqs, $2 fences, $3 lease_until, $4 sent. The answer is [seq, fence], ... of those that held.
WITH quick AS MATERIALIZED (
    SELECT set_config(
        'synchronous_commit', CASE WHEN $4::boolean THEN current_setting('synchronous_commit') ELSE 'off' END, TRUE
    )
), held AS MATERIALIZED (
    SELECT jobs.seq
    FROM quick
    CROSS JOIN unnest($1::bigint[], $2::bigint[]) AS lease (seq, fence)
    JOIN preflight.jobs ON jobs.seq = lease.seq AND jobs.fence = lease.fence AND jobs.state = 1
    ORDER BY jobs.seq FOR UPDATE OF jobs
)
UPDATE preflight.jobs SET lease_until = $3::double precision, sent = sent OR $4::boolean
WHERE seq = ANY (ARRAY(SELECT held.seq FROM held))
RETURNING seq, fence
