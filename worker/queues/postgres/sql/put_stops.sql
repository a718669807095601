-- A scope stands still once for each kind: the last word counts. The numbers are given in the order of the batch; the
-- rows go in in the order of their scopes, so that two batches with the same ones cannot block each other.
WITH given AS MATERIALIZED (
    SELECT nextval('preflight.stops_number_seq') AS number, entry.*
    FROM unnest($1::text[], $2::text[], $3::double precision[], $4::text[]) AS entry (scope, kind, since, record)
)
INSERT INTO preflight.stops (number, scope, kind, since, record)
OVERRIDING SYSTEM VALUE
SELECT number, scope, kind, since, record FROM given ORDER BY scope COLLATE "C", kind COLLATE "C"
ON CONFLICT (scope, kind) DO UPDATE SET since = excluded.since, record = excluded.record
