-- The next job of each lane whose jobs go one after the other: the one that holds the lane, or else the oldest, whatever
-- its priority; none while the holder is leased or delayed. `oldest` jumps from priority to priority in the index, so
-- that the cost does not grow with the depth of the queue. A row is as in find_ready.sql.
SELECT json_group_array(json_array(
    jobs.seq, jobs.lane, jobs.priority, jobs.fence, jobs.attempts, jobs.expiries, jobs.sent, jobs.first_at, jobs.file,
    jobs.line, jobs.size
))
FROM json_each(:lanes) AS want
CROSS JOIN lanes ON lanes.number = want.value
LEFT JOIN jobs AS holder ON holder.seq = lanes.held_by AND holder.state IN (0, 1, 2)
CROSS JOIN jobs ON jobs.state = 0 AND jobs.seq = coalesce(holder.seq, (
    WITH RECURSIVE oldest (priority, seq) AS (
        SELECT * FROM (
            SELECT priority, seq FROM jobs
            WHERE lane = lanes.number AND state = 0
            ORDER BY priority DESC, seq LIMIT 1
        )
        UNION ALL
        SELECT next.priority, next.seq
        FROM oldest CROSS JOIN jobs AS next ON next.seq = (
            SELECT seq FROM jobs
            WHERE lane = lanes.number AND state = 0 AND priority < oldest.priority
            ORDER BY priority DESC, seq LIMIT 1
        )
    )
    SELECT min(seq) FROM oldest
))
