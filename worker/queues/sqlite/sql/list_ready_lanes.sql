-- Jumps from lane to lane in the index of ready jobs: the cost is the number of lanes with work, not that of jobs.
WITH RECURSIVE ready (lane) AS (
    SELECT min(lane) FROM jobs WHERE state = 0
    UNION ALL
    SELECT (SELECT min(lane) FROM jobs WHERE state = 0 AND lane > ready.lane) FROM ready WHERE ready.lane IS NOT NULL
)
SELECT '[' || group_concat(lanes.name) || ']'
FROM ready CROSS JOIN lanes ON lanes.number = ready.lane
