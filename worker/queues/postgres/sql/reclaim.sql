-- A lease that ran out is counted, because its request may have been sent; the job is charged with no attempt. Looks at
-- all that is leased, which is what workers hold: an index by time would have to be written by every renewal.
-- $1 now, $2 how many at most. The answer is how many.
WITH lost AS (
    UPDATE preflight.jobs SET state = 0, expiries = expiries + 1, lease_until = NULL
    WHERE seq = ANY (ARRAY(
        SELECT late.seq FROM preflight.jobs AS late
        WHERE late.state = 1 AND late.lease_until < $1::double precision
        ORDER BY late.seq LIMIT $2
        FOR UPDATE SKIP LOCKED
    ))
    RETURNING seq
), counted AS (
    INSERT INTO preflight.moves (ready, leased) SELECT count(*), -count(*) FROM lost HAVING count(*) > 0
)
SELECT
    (SELECT count(*) FROM lost) AS reclaimed,
    (SELECT pg_notify('preflight.ready', '') WHERE EXISTS (SELECT FROM lost)) AS rung
