-- Unfinished jobs by lane and state, from the three partial indexes: finished jobs are never looked at.
SELECT json_group_array(json_array(json(lanes.name), waiting.ready, waiting.delayed, waiting.leased))
FROM (
    SELECT lane, sum(state = 0) AS ready, sum(state = 2) AS delayed, sum(state = 1) AS leased
    FROM (
        SELECT lane, 0 AS state FROM jobs WHERE state = 0
        UNION ALL
        SELECT lane, 1 FROM jobs WHERE state = 1
        UNION ALL
        SELECT lane, 2 FROM jobs WHERE state = 2
    )
    GROUP BY lane
) AS waiting
JOIN lanes ON lanes.number = waiting.lane
