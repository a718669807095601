-- An account that is full again is like one that never was. A second of grace, for clocks that are a little behind.
-- $1 the name behind which to begin, $2 how many to look at, $3 now. The answer is the last one that was looked at, or
-- nothing where they were all looked at.
WITH looked AS (
    SELECT name, full_at FROM preflight.quotas WHERE name > $1 ORDER BY name LIMIT $2
),
gone AS (
    DELETE FROM preflight.quotas WHERE name IN (
        SELECT quotas.name FROM preflight.quotas JOIN looked USING (name)
        WHERE quotas.full_at < $3::double precision - 1
        FOR UPDATE OF quotas SKIP LOCKED
    )
)
SELECT max(name) AS last FROM looked HAVING count(*) = $2
