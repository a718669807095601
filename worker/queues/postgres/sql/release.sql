-- A lease that nobody received is given back as if it had never been. $1 seqs, $2 fences.
WITH held AS MATERIALIZED (
    SELECT jobs.seq
    FROM unnest($1::bigint[], $2::bigint[]) AS lease (seq, fence)
    JOIN preflight.jobs ON jobs.seq = lease.seq AND jobs.fence = lease.fence AND jobs.state = 1
    ORDER BY jobs.seq FOR UPDATE OF jobs
), released AS (
    UPDATE preflight.jobs SET state = 0, lease_until = NULL WHERE seq = ANY (ARRAY(SELECT seq FROM held)) RETURNING seq
)
INSERT INTO preflight.moves (ready, leased) SELECT count(*), -count(*) FROM released HAVING count(*) > 0
