-- A scope stands still once for each kind: the last word counts.
INSERT INTO preflight.stops (scope, kind, since, record)
SELECT scope, kind, since, record
FROM unnest($1::text[], $2::text[], $3::double precision[], $4::text[])
    WITH ORDINALITY AS entry (scope, kind, since, record, place)
ORDER BY place
ON CONFLICT (scope, kind) DO UPDATE SET since = excluded.since, record = excluded.record
