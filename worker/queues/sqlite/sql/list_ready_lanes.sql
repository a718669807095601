-- Jumps from lane to lane in the index of ready jobs, and counts no further than :most in each: the cost is the number
-- of lanes with work, not that of jobs. A lane is left out while the job that holds it is leased or delayed.
WITH RECURSIVE ready (lane) AS (
    SELECT min(lane) FROM jobs WHERE state = 0
    UNION ALL
    SELECT (SELECT min(lane) FROM jobs WHERE state = 0 AND lane > ready.lane) FROM ready WHERE ready.lane IS NOT NULL
)
SELECT '[' || group_concat('[' || lanes.name || ',' || (
    SELECT count(*) FROM (SELECT 1 FROM jobs WHERE jobs.lane = ready.lane AND jobs.state = 0 LIMIT :most)
) || ']') || ']'
FROM ready
CROSS JOIN lanes ON lanes.number = ready.lane
LEFT JOIN jobs AS holder ON holder.seq = lanes.held_by
WHERE coalesce(holder.state, 0) NOT IN (1, 2)
