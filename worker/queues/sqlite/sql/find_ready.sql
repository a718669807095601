-- The next :most jobs of each lane, from the index alone, so that the cost does not grow with the depth of the queue.
-- A row is [seq, lane, priority, fence, attempts, expiries, sent, first_at, file, line, size]; the order is made by the caller.
SELECT json_group_array(json_array(
    jobs.seq, jobs.lane, jobs.priority, jobs.fence, jobs.attempts, jobs.expiries, jobs.sent, jobs.first_at, jobs.file,
    jobs.line, jobs.size
))
FROM json_each(:lanes) AS want
CROSS JOIN jobs ON jobs.seq IN (
    SELECT ready.seq FROM jobs AS ready
    WHERE ready.lane = want.value AND ready.state = 0
    ORDER BY ready.priority DESC, ready.seq
    LIMIT :most
)
