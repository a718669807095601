-- Every lease has a fence that no earlier lease of the job had, also where a crash of the server has forgotten the last
-- ones: they begin at the time ($4, milliseconds), so this commit need not wait for the disk. $1 names of lanes, $2 how
-- many of each, $3 lease_until, $5 how much content may be handed out; a job too big for that goes alone.
-- What is next comes from find_ready.sql or find_ordered.sql: by index, locked, without waiting for who was quicker.
WITH quick AS MATERIALIZED (
    SELECT set_config('synchronous_commit', 'off', TRUE)
), next AS MATERIALIZED (
    SELECT found.*, sum(found.size) OVER (ROWS UNBOUNDED PRECEDING) AS chars
    FROM quick CROSS JOIN LATERAL (/* next */) AS found
), leased AS (
    UPDATE preflight.jobs SET
        state = 1, fence = greatest(fence + 1, $4::bigint), lease_until = $3::double precision, settled = FALSE
    WHERE seq = ANY (ARRAY(SELECT next.seq FROM next WHERE next.chars <= $5::bigint OR next.chars = next.size))
    RETURNING lane, seq, fence, priority, attempts, expiries, sent, first_at
), counted AS (
    INSERT INTO preflight.moves (ready, leased) SELECT -count(*), count(*) FROM leased HAVING count(*) > 0
)
SELECT
    lanes.name, leased.seq, leased.fence, leased.priority, leased.attempts, leased.expiries, leased.sent, leased.first_at,
    files.name AS file, bodies.line, bodies.payload
FROM leased
JOIN preflight.lanes ON lanes.number = leased.lane
JOIN preflight.bodies ON bodies.seq = leased.seq
LEFT JOIN preflight.files ON files.number = bodies.file
