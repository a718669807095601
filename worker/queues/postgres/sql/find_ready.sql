-- The next $2 jobs of each lane $1, lane by lane from the index alone: the cost does not grow with the depth of the
-- queue. A row is [seq, size].
SELECT ready.seq, ready.size
FROM unnest($1::text[], $2::integer[]) AS wish (name, most)
JOIN preflight.lanes ON lanes.name = wish.name
CROSS JOIN LATERAL (
    SELECT jobs.seq, jobs.size FROM preflight.jobs
    WHERE jobs.lane = lanes.number AND jobs.state = 0
    ORDER BY jobs.priority DESC, jobs.seq
    LIMIT wish.most
    FOR UPDATE SKIP LOCKED
) AS ready
