-- Adds up what every transaction has added or taken: one moment, whatever happens meanwhile.
SELECT
    coalesce(sum(ready), 0)::bigint AS ready, coalesce(sum(leased), 0)::bigint AS leased,
    coalesce(sum(delayed), 0)::bigint AS delayed, coalesce(sum(delivered), 0)::bigint AS delivered,
    coalesce(sum(dead), 0)::bigint AS dead, coalesce(sum(parked), 0)::bigint AS parked,
    (
        SELECT json_object_agg(cause, failures)
        FROM (SELECT cause, sum(failures) AS failures FROM preflight.causes GROUP BY cause) AS counted
        WHERE failures > 0
    ) AS causes
FROM preflight.moves
