-- Unfinished jobs by lane and state, from the partial indexes: failures are never looked at.
SELECT
    lanes.name AS lane, count(*) FILTER (WHERE waiting.state = 0) AS ready,
    count(*) FILTER (WHERE waiting.state = 2) AS delayed, count(*) FILTER (WHERE waiting.state = 1) AS leased
FROM (
    SELECT lane, state FROM preflight.jobs WHERE state = 0
    UNION ALL
    SELECT lane, state FROM preflight.jobs WHERE state = 1
    UNION ALL
    SELECT lane, state FROM preflight.jobs WHERE state = 2
) AS waiting
JOIN preflight.lanes ON lanes.number = waiting.lane
GROUP BY lanes.name
