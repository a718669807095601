-- Unfinished jobs by lane and state, from the three partial indexes: failures are never looked at.
SELECT lanes.name AS lane, waiting.ready, waiting.delayed, waiting.leased
FROM (
    SELECT
        lane, count(*) FILTER (WHERE state = 0) AS ready, count(*) FILTER (WHERE state = 2) AS delayed,
        count(*) FILTER (WHERE state = 1) AS leased
    FROM (
        SELECT lane, state FROM preflight.jobs WHERE state = 0
        UNION ALL
        SELECT lane, state FROM preflight.jobs WHERE state = 1
        UNION ALL
        SELECT lane, state FROM preflight.jobs WHERE state = 2
    ) AS unfinished
    GROUP BY lane
) AS waiting
JOIN preflight.lanes ON lanes.number = waiting.lane
