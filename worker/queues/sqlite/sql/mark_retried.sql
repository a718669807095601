-- Only for leases that hold: see read_fences.sql. A job that is tried again is charged, and keeps the time of its first
-- try. A retry is [seq, state, due_at or null, time of this try].
UPDATE jobs SET
    state = retry.state, due_at = retry.due_at, attempts = attempts + 1, lease_until = NULL, sent = 0,
    settled_fence = fence, first_at = coalesce(first_at, retry.tried_at)
FROM (
    SELECT value ->> 0 AS seq, value ->> 1 AS state, value ->> 2 AS due_at, value ->> 3 AS tried_at
    FROM json_each(:retries)
) AS retry
WHERE jobs.seq = retry.seq
