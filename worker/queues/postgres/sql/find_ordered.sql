-- The next job of each lane $1 whose jobs go one after the other: the one that holds the lane, or else the oldest,
-- whatever its priority; none while the holder is leased or delayed. Only after lock_lanes.sql, in a statement of its
-- own: so it sees what the last holder of the lock has done. `oldest` jumps from priority to priority in the index, so
-- that the cost does not grow with the depth of the queue. A row is as in find_ready.sql.
SELECT pick.seq, pick.size
FROM unnest($1::text[], $2::integer[]) AS wish (name, most)
JOIN preflight.lanes ON lanes.name = wish.name
LEFT JOIN preflight.jobs AS holder ON holder.seq = lanes.held_by AND holder.state IN (0, 1, 2)
CROSS JOIN LATERAL (
    SELECT jobs.seq, jobs.size FROM preflight.jobs
    WHERE jobs.state = 0 AND jobs.seq = coalesce(holder.seq, (
        WITH RECURSIVE oldest (priority, seq) AS (
            (
                SELECT first.priority, first.seq FROM preflight.jobs AS first
                WHERE first.lane = lanes.number AND first.state = 0
                ORDER BY first.priority DESC, first.seq LIMIT 1
            )
            UNION ALL
            SELECT next.priority, next.seq
            FROM oldest CROSS JOIN LATERAL (
                SELECT lower.priority, lower.seq FROM preflight.jobs AS lower
                WHERE lower.lane = lanes.number AND lower.state = 0 AND lower.priority < oldest.priority
                ORDER BY lower.priority DESC, lower.seq LIMIT 1
            ) AS next
        )
        SELECT min(seq) FROM oldest
    ))
    LIMIT wish.most
    FOR UPDATE SKIP LOCKED
) AS pick
