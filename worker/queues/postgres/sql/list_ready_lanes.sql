-- Jumps from lane to lane in the index of ready jobs, and counts no further than $1 in each: the cost is the number of
-- lanes with work, not that of jobs. A lane is left out while the job that holds it is leased or delayed.
WITH RECURSIVE ready (lane) AS (
    (SELECT first.lane FROM preflight.jobs AS first WHERE first.state = 0 ORDER BY first.lane LIMIT 1)
    UNION ALL
    SELECT next.lane
    FROM ready CROSS JOIN LATERAL (
        SELECT jobs.lane FROM preflight.jobs WHERE jobs.state = 0 AND jobs.lane > ready.lane ORDER BY jobs.lane LIMIT 1
    ) AS next
)
SELECT lanes.name, (
    SELECT count(*) FROM (
        SELECT FROM preflight.jobs WHERE jobs.lane = ready.lane AND jobs.state = 0 LIMIT $1
    ) AS counted
) AS jobs
FROM ready
JOIN preflight.lanes ON lanes.number = ready.lane
LEFT JOIN preflight.jobs AS holder ON holder.seq = lanes.held_by
WHERE coalesce(holder.state, 0) NOT IN (1, 2)
