-- A scope stands still once for each kind: the last word counts. A stop is [scope, kind, since, record].
INSERT INTO stops (scope, kind, since, record)
SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3 FROM json_each(:stops) WHERE TRUE
ON CONFLICT (scope, kind) DO UPDATE SET since = excluded.since, record = excluded.record
