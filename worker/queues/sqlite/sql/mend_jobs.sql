-- A job waits in the lane that its content names. A place is [seq, lane, priority, size].
UPDATE jobs SET lane = place.lane, priority = place.priority, size = place.size
FROM (
    SELECT value ->> 0 AS seq, value ->> 1 AS lane, value ->> 2 AS priority, value ->> 3 AS size
    FROM json_each(:places)
) AS place
WHERE jobs.seq = place.seq
